import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { managementApiGateway } from '../../../lib/gateway/management-api-gateway.ts';
import { signedGateway } from '../../../lib/gateway/signed-gateway.ts';
import type { Statement } from '../../../lib/local/description.ts';
import { functionCredentials } from '../../../lib/local/iam/access-control.ts';
import { runWithEnvironment } from '../../../lib/local/lambda/function-environment.ts';
import { connect } from '../../support/test-client.ts';
import { startToy, type Toy } from '../toy-stack.ts';

let toy: Toy;
const ARN = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:000000000000:${resource}`;
const CONNECTIONS = ARN('execute-api', 'toyapi0000/toy/POST/@connections/*');

async function start(statements: Statement[]): Promise<void> {
  toy = await startToy({
    handlers: { caller: async () => undefined, called: async () => 'done' },
    routes: {},
    // Each in its own environment, as functions are that have been loaded from files.
    loader: ({ environmentOf }) => ({
      loadHandler: async (name) => async () =>
        runWithEnvironment(environmentOf(name), async () => process.env['AWS_ACCESS_KEY_ID']),
    }),
    adapt: (stack) => ({
      ...stack,
      functions: Object.fromEntries(
        Object.entries(stack.functions).map(([name, one]) => [name, { ...one, statements }]),
      ),
      queues: { later: { delaySeconds: 0, visibilityTimeoutSeconds: 30 } },
      tables: [{ name: 'rows', partitionKey: 'pk', sortKey: 'sk', timeToLiveAttribute: 'ttl' }],
      secrets: { password: 'open sesame' },
    }),
  });
}

/** As the SDK reads them in the environment of the function. */
const credentialsOf = (functionName: string) => {
  const {
    AWS_ACCESS_KEY_ID = '',
    AWS_SECRET_ACCESS_KEY = '',
    AWS_SESSION_TOKEN = '',
  } = functionCredentials(functionName);
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
};
const config = (credentials = credentialsOf('caller')) => ({
  region: 'eu-west-1',
  endpoint: toy.endpoint,
  credentials,
  maxAttempts: 1,
});
const DEVELOPER = { accessKeyId: 'any', secretAccessKey: 'any', sessionToken: 'any' };
const dynamoDb = (credentials = credentialsOf('caller')) => new DynamoDBClient(config(credentials));
const queueUrl = () => `${toy.endpoint}/000000000000/later`;
const management = () => new ApiGatewayManagementApiClient({ ...config(), endpoint: `${toy.endpoint}/toy` });
const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
const batchGet = () => new BatchGetItemCommand({ RequestItems: { rows: { Keys: [Key] } } });
const getItem = () => new GetItemCommand({ TableName: 'rows', Key });

afterEach(() => toy.close());

const ME = 'arn:aws:sts::000000000000:assumed-role/caller/caller';
const denial = (action: string, resource: string) =>
  `User: ${ME} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;

// The words: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
describe('a function whose role allows nothing is answered', () => {
  beforeEach(() => start([]));

  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
  it('a function whose role allows nothing is answered AccessDeniedException with 400 by DynamoDB', async () => {
    await expect(dynamoDb().send(batchGet())).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: denial('dynamodb:BatchGetItem', ARN('dynamodb', 'table/rows')),
      $metadata: { httpStatusCode: 400 },
    });
  });

  // https://github.com/aws/serverless-application-model/issues/3633 shows the answer to a batch.
  it.each([
    ['SendMessage', () => new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'a' })],
    [
      'SendMessageBatch',
      () =>
        new SendMessageBatchCommand({
          QueueUrl: queueUrl(),
          Entries: [{ Id: 'a', MessageBody: 'a' }],
        }),
    ],
  ])(
    'a function whose role allows nothing is answered AccessDenied with 403 by SQS to %s',
    async (_, command) => {
      const sending = new SQSClient(config()).send(command() as SendMessageCommand);
      await expect(sending).rejects.toMatchObject({
        name: 'AccessDenied',
        message: denial('sqs:sendmessage', ARN('sqs', 'later')),
        $metadata: { httpStatusCode: 403 },
      });
    },
  );

  // https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
  it('a function whose role allows nothing is answered AccessDeniedException with 400 by EventBridge', async () => {
    const entry = { EventBusName: 'toy', Source: 'toy', DetailType: 'word', Detail: '{}' };
    const putting = new EventBridgeClient(config()).send(new PutEventsCommand({ Entries: [entry] }));
    await expect(putting).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: denial('events:PutEvents', ARN('events', 'event-bus/toy')),
      $metadata: { httpStatusCode: 400 },
    });
  });

  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
  it('a function whose role allows nothing is answered AccessDeniedException with 400 by Secrets Manager', async () => {
    const getting = new SecretsManagerClient(config()).send(
      new GetSecretValueCommand({ SecretId: 'password' }),
    );
    await expect(getting).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: denial('secretsmanager:GetSecretValue', ARN('secretsmanager', 'secret:password-local0')),
      $metadata: { httpStatusCode: 400 },
    });
  });

  // https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
  it.each(['called', 'missing'])(
    'a function whose role allows nothing is answered AccessDeniedException with 403 by Lambda, for the function %s',
    async (name) => {
      const invoking = new LambdaClient(config()).send(new InvokeCommand({ FunctionName: name }));
      await expect(invoking).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: denial('lambda:InvokeFunction', ARN('lambda', `function:${name}`)),
        $metadata: { httpStatusCode: 403 },
      });
    },
  );

  // https://github.com/aws/aws-cdk/issues/18410 shows the answer, without account, connection and reason.
  it('a function whose role allows nothing is answered AccessDeniedException with 403 by @connections', async () => {
    const posting = management().send(new PostToConnectionCommand({ ConnectionId: 'abc=', Data: 'a' }));
    const resource =
      'arn:aws:execute-api:eu-west-1:********0000:toyapi0000/toy/POST/@connections/{connectionId}';
    await expect(posting).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: ${ME} is not authorized to perform: execute-api:ManageConnections on resource: ${resource}`,
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('a function whose role allows nothing is answered so that both gateways of the project return refused, which is not retried', async () => {
    const endpoint = `${toy.endpoint}/toy`;
    const { post } = signedGateway({
      endpoint,
      region: 'eu-west-1',
      credentials: async () => credentialsOf('caller'),
      clock: Date.now,
    });
    expect(await post('abc=', new Uint8Array([1]))).toBe('refused');
    const byTheSdk = runWithEnvironment({ ...process.env, ...functionCredentials('caller') }, () =>
      managementApiGateway({ endpoint, clock: Date.now }).post('abc=', new Uint8Array([1])),
    );
    expect(await byTheSdk).toBe('refused');
  });
});

describe('a function whose role allows some', () => {
  beforeEach(() =>
    start([
      { actions: ['dynamodb:GetItem'], resources: [ARN('dynamodb', 'table/rows')] },
      { actions: ['execute-api:ManageConnections'], resources: [CONNECTIONS] },
      { actions: ['lambda:InvokeFunction'], resources: [ARN('lambda', 'function:called')] },
      {
        actions: ['secretsmanager:GetSecretValue'],
        resources: [ARN('secretsmanager', 'secret:password-??????')],
      },
      { actions: ['sqs:SendMessage'], resources: [ARN('sqs', 'later')] },
    ]),
  );

  it('a function whose role allows some actions takes these, and no other action on the same table', async () => {
    expect((await dynamoDb().send(getItem())).Item).toBeUndefined();
    await expect(dynamoDb().send(batchGet())).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('a function whose role allows posts to connections may not close them', async () => {
    const client = await connect(toy.endpoint);
    const ConnectionId = toy.connections()[0]?.connectionId;
    await management().send(new PostToConnectionCommand({ ConnectionId, Data: '{"type":"a","data":{}}' }));
    expect(await client.next()).toEqual({ type: 'a', data: {} });
    await expect(management().send(new DeleteConnectionCommand({ ConnectionId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('/toy/DELETE/@connections/'),
    });
    expect(toy.connections()).toHaveLength(1);
  });

  it('a function whose role allows the invocation of a function may not invoke a version of it, which is another resource', async () => {
    const lambda = new LambdaClient(config());
    expect((await lambda.send(new InvokeCommand({ FunctionName: 'called' }))).StatusCode).toBe(200);
    const versioned = lambda.send(new InvokeCommand({ FunctionName: 'called', Qualifier: '$LATEST' }));
    await expect(versioned).rejects.toMatchObject({
      message: expect.stringContaining(`${ARN('lambda', 'function:called')}:$LATEST`),
    });
  });

  it('a function whose role allows a secret reads it by its name and by its ARN, whose last six characters its role does not know', async () => {
    const secrets = new SecretsManagerClient(config());
    for (const SecretId of ['password', ARN('secretsmanager', 'secret:password-local0')]) {
      expect((await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe('open sesame');
    }
  });

  it('a function sends single messages and batches by the same permission', async () => {
    const sqs = new SQSClient(config());
    const QueueUrl = queueUrl();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
    const Entries = [{ Id: 'a', MessageBody: 'a' }];
    const { Successful } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(Successful).toHaveLength(1);
  });
});

describe('a caller that is no function', () => {
  beforeEach(() => start([]));

  it('a caller that is no function may do everything, by whatever key', async () => {
    const { Responses } = await dynamoDb(DEVELOPER).send(batchGet());
    expect(Responses).toEqual({ rows: [] });
  });

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
  it.each<[string, string, Record<string, string>, number]>([
    ['DynamoDB', '', { 'x-amz-target': 'DynamoDB_20120810.GetItem' }, 400],
    ['SQS', '', { 'x-amz-target': 'AmazonSQS.ListQueues' }, 403],
    ['EventBridge', '', { 'x-amz-target': 'AWSEvents.PutEvents' }, 400],
    ['Secrets Manager', '', { 'x-amz-target': 'secretsmanager.GetSecretValue' }, 400],
    ['Lambda', '/2015-03-31/functions/called/invocations', {}, 403],
    ['@connections', '/toy/@connections/abc%3D', {}, 403],
  ])('a caller that is no function must sign a call to %s all the same', async (_, path, headers, status) => {
    const answer = await fetch(`${toy.endpoint}${path}`, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });
});

test('a refused action is printed for five resources of each function', async () => {
  await start([]);
  for (const table of ['a', 'b', 'a', 'c', 'd', 'e', 'f']) {
    const call = new GetItemCommand({ TableName: table, Key: { pk: { S: '1' } } });
    await expect(dynamoDb().send(call)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  }
  const tables = toy.printed.map((line) => /table\/(\w)/.exec(line)?.[1]);
  expect(tables).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a refused action is printed once for each function, with what it was to be done on', async () => {
  await start([]);
  for (const name of ['caller', 'caller', 'called']) {
    await expect(dynamoDb(credentialsOf(name)).send(batchGet())).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  }
  await expect(dynamoDb().send(getItem())).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const on = (name: string, action: string) =>
    `iam: ${name} may not ${action} on ${ARN('dynamodb', 'table/rows')}: no statement of its role allows it, so AWS refuses it, too`;
  expect(toy.printed).toEqual([
    on('caller', 'dynamodb:BatchGetItem'),
    on('called', 'dynamodb:BatchGetItem'),
    on('caller', 'dynamodb:GetItem'),
  ]);
});

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: these names are reserved.
test('each function has credentials of its own, which its stack cannot choose', async () => {
  await start([]);
  const environment = { AWS_ACCESS_KEY_ID: 'developer' };
  Object.assign(toy.description.functions['caller'] ?? {}, { environment });
  const [caller, called] = await Promise.all(['caller', 'called'].map((name) => toy.invoke(name, {})));
  expect([caller, called]).toEqual([
    { ok: true, payload: credentialsOf('caller').accessKeyId },
    { ok: true, payload: credentialsOf('called').accessKeyId },
  ]);
  expect(credentialsOf('caller').accessKeyId).not.toBe(credentialsOf('called').accessKeyId);
});
