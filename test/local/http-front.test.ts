import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { passingDevelopmentKey } from '../../lib/local/dev/development-key.ts';
import type { AwsCall, Faults } from '../../lib/local/faults.ts';
import type { Handler } from '../../lib/local/lambda/handler.ts';
import { connect } from '../support/test-client.ts';
import { within } from '../support/within.ts';
import { startToy, type Toy } from './toy-stack.ts';

let toy: Toy;
const faults: Faults = {};
const handlers: Record<string, Handler> = {};

beforeEach(async () => {
  delete faults.onCall;
  handlers['heard'] = async () => undefined;
  toy = await startToy({
    faults,
    handlers,
    routes: {},
    tokens: { mode: { kind: 'jwks', key: await passingDevelopmentKey() } },
    inspectConnection: async (connectionId) => ({ rooms: [`room of ${connectionId}`] }),
    adapt: (stack) => ({
      ...stack,
      eventBus: { name: 'toy', rules: [{ name: 'all', pattern: { source: ['toy'] }, function: 'heard' }] },
      queues: { later: { delaySeconds: 0, visibilityTimeoutSeconds: 30 } },
      tables: [{ name: 'rows', partitionKey: 'pk', sortKey: 'sk', timeToLiveAttribute: 'ttl' }],
      secrets: { password: 'open sesame' },
    }),
  });
});
afterEach(() => toy.close());

const post = (headers: Record<string, string>, body = '{}') =>
  fetch(toy.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      authorization: 'AWS4-HMAC-SHA256 Credential=any',
      ...headers,
    },
    body,
  });

test('the emulator serves every AWS SDK by AWS_ENDPOINT_URL alone', async () => {
  // Set by the emulator itself, with nobody's credentials.
  expect(process.env['AWS_ENDPOINT_URL']).toBe(toy.endpoint);
  const dynamoDb = new DynamoDBClient();
  expect((await dynamoDb.send(new ListTablesCommand())).TableNames).toEqual(['rows']);
  const secrets = new SecretsManagerClient();
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'password' }));
  expect(SecretString).toBe('open sesame');
  const sqs = new SQSClient();
  const QueueUrl = `${toy.endpoint}/000000000000/later`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages?.[0]?.Body).toBe('hello');
  for (const client of [dynamoDb, secrets, sqs]) client.destroy();
});

test('the emulator invokes a function by an event on the bus', async () => {
  const hearing = new Promise((resolve) => {
    handlers['heard'] = async (event) => resolve(event);
  });
  const events = new EventBridgeClient();
  const Entries = [{ EventBusName: 'toy', Source: 'toy', DetailType: 'word', Detail: '{"said":"hello"}' }];
  expect((await events.send(new PutEventsCommand({ Entries }))).FailedEntryCount).toBe(0);
  events.destroy();
  expect(await within(hearing, 'the event')).toMatchObject({
    'detail-type': 'word',
    detail: { said: 'hello' },
  });
});

test('the emulator publishes the good events of a batch once, and stays up, whatever depth another one has', async () => {
  const heard: unknown[] = [];
  handlers['heard'] = async (event) => heard.push(event);
  const entry = { EventBusName: 'toy', Source: 'toy', DetailType: 'word' };
  const deep = `${'{"a":'.repeat(5_000)}{}${'}'.repeat(5_000)}`;
  const events = new EventBridgeClient();
  const Entries = ['{}', deep, '{}'].map((Detail) => ({ ...entry, Detail }));
  const { Entries: results } = await events.send(new PutEventsCommand({ Entries }));
  events.destroy();
  expect(results?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, 'MalformedDetail', undefined]);
  await expect.poll(() => heard).toHaveLength(2);
  expect(toy.printed).toEqual([]);
});

test.each(['AWSEvents.PutEvents', 'AmazonSQS.SendMessageBatch', 'AmazonSQS.DeleteMessageBatch'])(
  'the emulator answers 400 to %s with an entry of null',
  async (target) => {
    const body = JSON.stringify({ QueueUrl: `${toy.endpoint}/000000000000/later`, Entries: [null] });
    expect((await post({ 'x-amz-target': target }, body)).status).toBe(400);
    expect(toy.printed).toEqual([]);
  },
);

test.each([
  'AWSEvents.Nothing',
  'Nobody.PutEvents',
  'AWSEvents',
  'AWSEvents.constructor',
  'DynamoDB_20120810.Nothing',
])('the emulator answers UnknownOperationException for the target %s', async (target) => {
  const answer = await post({ 'x-amz-target': target });
  expect(answer.status).toBe(400);
  const { __type } = (await answer.json()) as { __type: string };
  expect(__type).toMatch(/UnknownOperationException$/);
});

test.each(['{', '[]', 'null', '"text"'])(
  'the emulator answers SerializationException for the body %s',
  async (body) => {
    const answer = await post({ 'x-amz-target': 'AWSEvents.PutEvents' }, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toBe('SerializationException');
    expect(await answer.json()).toMatchObject({ __type: 'SerializationException' });
  },
);

const MB = 1024 * 1024;
const aws = (target: string) => ({ 'x-amz-target': target, 'x-amz-date': '20260101T000000Z' });

/** Path, the most bytes that it takes, headers. */
const read: [string, number, Record<string, string>][] = [
  ['/', 4 * MB, aws('AWSEvents.PutEvents')],
  ['/', 16 * MB, aws('DynamoDB_20120810.PutItem')],
  ['/2015-03-31/functions/heard/invocations', 6 * MB, {}],
  ['/toy/@connections/none', 128 * 1024, {}],
  ['/dev/token', 128 * 1024, {}],
];
const neverRead: typeof read = [
  ['/', 16 * MB, aws('Nobody.Knows')],
  ['/elsewhere', 16 * MB, {}],
];
const send = (path: string, headers: Record<string, string>, body: RequestInit['body']) =>
  fetch(`${toy.endpoint}${path}`, {
    method: 'POST',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=any', ...headers },
    body: body ?? null,
    ...{ duplex: 'half' },
  });
const refused = [413, expect.stringMatching(/\b\d{5,8} bytes/)];

test.each([...read, ...neverRead])(
  'a body that is too large for %s, over %i bytes, is answered 413 with a sentence that says how many are taken',
  async (path, most, headers) => {
    const answer = await send(path, headers, Buffer.alloc(most + 1, 'x'));
    expect([answer.status, await answer.text()]).toEqual(refused);
  },
);

test.each(read)(
  'a body that is too large for %s, over %i bytes, is answered 413 even if its length is not announced',
  async (path, most, headers) => {
    const answer = await send(path, headers, chunksOf(most + 1));
    expect([answer.status, await answer.text()]).toEqual(refused);
  },
);

test.each(['drop', 'close', 'throttle', 'nothing'])(
  'a body that is too large for %s on a connection does nothing to the connection',
  async (action) => {
    const client = await connect(toy.endpoint);
    const [{ connectionId = '' } = {}] = toy.connections();
    const path = `${toy.endpoint}/dev/connections/${encodeURIComponent(connectionId)}/${action}`;
    const answer = await fetch(path, { method: 'POST', body: 'x'.repeat(1025) });
    expect([answer.status, await answer.json()]).toEqual([
      413,
      { error: expect.stringContaining('1024 bytes') },
    ]);
    expect(toy.connections()).toHaveLength(1);
    await client.close();
  },
);

/** Of a length that nobody has announced. */
async function* chunksOf(size: number): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}

test('the emulator gives the error of a service under its own name', async () => {
  const secrets = new SecretsManagerClient();
  const getting = secrets.send(new GetSecretValueCommand({ SecretId: 'other' }));
  await expect(getting).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  secrets.destroy();
});

test('the emulator passes the service and operation of every call to a fault, and throttles with the error of that service', async () => {
  const calls: AwsCall[] = [];
  faults.onCall = async (call) => {
    calls.push(call);
    return 'throttle';
  };
  const dynamoDb = new DynamoDBClient({ maxAttempts: 1 });
  const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
  const getting = dynamoDb.send(new GetItemCommand({ TableName: 'rows', Key }));
  await expect(getting).rejects.toMatchObject({ name: 'ThrottlingException' });
  const events = new EventBridgeClient({ maxAttempts: 1 });
  await expect(events.send(new PutEventsCommand({ Entries: [] }))).rejects.toMatchObject({
    name: 'ThrottlingException',
  });
  for (const client of [dynamoDb, events]) client.destroy();
  expect(calls).toEqual([
    { service: 'dynamodb', operation: 'GetItem' },
    { service: 'events', operation: 'PutEvents' },
  ]);
});

test('the emulator serves a DynamoDB call that a fault only delays', async () => {
  faults.onCall = () => new Promise((resolve) => setImmediate(resolve, undefined));
  const dynamoDb = new DynamoDBClient({ maxAttempts: 1 });
  const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
  expect((await dynamoDb.send(new GetItemCommand({ TableName: 'rows', Key }))).Item).toBeUndefined();
  dynamoDb.destroy();
});

test('the emulator answers / with a greeting, and any other path with 404', async () => {
  const greeting = await fetch(toy.endpoint);
  expect(await greeting.text()).toMatch(/local emulator of AWS: .*\bLambda\b/);
  const nothing = await fetch(`${toy.endpoint}/nothing?x=1`, { method: 'PUT', body: 'x' });
  expect(nothing.status).toBe(404);
  expect(await nothing.json()).toEqual({ message: 'Nothing is served at PUT /nothing.' });
});

test('the emulator lists live connections with what the application adds', async () => {
  await connect(toy.endpoint);
  const listed = await (await fetch(`${toy.endpoint}/dev/connections`)).json();
  const { connectionId } = toy.connections()[0] ?? {};
  const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(listed).toEqual([
    {
      connectionId,
      connectedAt: date,
      lastActiveAt: date,
      sourceIp: '127.0.0.1',
      throttled: false,
      rooms: [`room of ${connectionId}`],
    },
  ]);
});

test('the emulator gives tokens and the keys that verify them', async () => {
  const given = await fetch(`${toy.endpoint}/dev/token`, { method: 'POST', body: '{"sub":"alice"}' });
  expect(await given.json()).toEqual({ token: expect.stringMatching(/^ey/) });
  const keys = await fetch(`${toy.endpoint}/.well-known/jwks.json`);
  expect(await keys.json()).toMatchObject({ keys: [{ kid: expect.any(String) }] });
});

test.each(['/dev/connections', '/dev/token'])(
  'the emulator refuses %s to a foreign web page',
  async (path) => {
    const answer = await fetch(`${toy.endpoint}${path}`, { headers: { origin: 'https://evil.example' } });
    expect(answer.status).toBe(403);
  },
);

test('the emulator stays up whatever is sent', async () => {
  const port = Number(new URL(toy.endpoint).port);
  const target = 'x-amz-target: AWSEvents.PutEvents\r\n';
  const dynamo = 'x-amz-target: DynamoDB_20120810.GetItem\r\n';
  const junk = [
    'nonsense\r\n\r\n',
    'GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET //@connections/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    `POST / HTTP/1.1\r\nHost: localhost\r\n${target}Content-Length: 1000\r\n\r\n{"cut`,
    `POST / HTTP/1.1\r\nHost: localhost\r\n${dynamo}Content-Length: 1000\r\n\r\n{"cut`,
    'POST /@connections/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256\r\nContent-Length: 9\r\n\r\ncut',
    'POST /2015-03-31/functions/heard/invocations HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256\r\nContent-Length: 9\r\n\r\n{"cut',
    'POST /dev/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\ncut',
  ];
  for (const bytes of junk) {
    const socket = connectSocket(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end(bytes);
    socket.resume();
    await within(once(socket, 'close'), `the end of ${bytes}`);
  }
  const client = await connect(toy.endpoint);
  client.webSocket.once('open', () => undefined);
  // A frame with a reserved bit: a protocol error of the client.
  Reflect.get(client.webSocket, '_socket').write(Buffer.from([0xf1, 0x80, 1, 2, 3, 4]));
  expect((await client.closed).code).toBe(1002);
  expect((await fetch(toy.endpoint)).status).toBe(200);
  expect(toy.printed).toEqual([]);
});
