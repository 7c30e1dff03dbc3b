import { expect, it } from 'vitest';
import type { FunctionName } from '../../lib/config/functions.ts';
import { TABLE_KEY_ACTIONS } from '../../lib/config/permissions.ts';
import { eventRule, routes } from '../../lib/config/triggers.ts';
import { resolve } from './resolve.ts';
import { functionNames, permissionsOf, roleOf } from './statements.ts';
import { COGNITO, EVERY_OPTION, JWKS, resourcesOf, SHARED_SECRET, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);

const STREAMS = 'arn:trade-room-dev-room-events.fifo';
const API = 'arn:aws:execute-api:us-east-1:000000000000:RealtimeWebSocketApiCF8708A5/dev';
/** A secret that is given as an ARN, and another for the canary. */
const SECRETS_OF_BOTH = {
  jwtSecretName: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:jwt-AbCdEf',
  canarySecretName: 'canary',
};

const secretsOf = (settings: Record<string, unknown>, name: FunctionName) =>
  permissionsOf(templateOf(settings), name).filter(({ action }) => action.startsWith('secretsmanager:'));

it('every function may write its own log, and no other', () => {
  for (const name of functionNames) {
    const logs = permissionsOf(template, name).filter(({ action }) => action.startsWith('logs:'));
    const resource = `/aws/lambda/trade-room-dev-${name}`;
    expect(logs).toEqual(
      ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({
        action,
        resource: `arn:${resource}`,
      })),
    );
  }
});

it('every function has a role of its own', () => {
  const roles = functionNames.map((name) => roleOf(template, name));
  expect(new Set(roles).size).toBe(functionNames.length);
});

it('no permission has a wildcard in its action, or in its resource unless these are the connections of the stage', () => {
  const all = functionNames.flatMap((name) => permissionsOf(template, name));
  expect(all.filter(({ action }) => action.includes('*'))).toEqual([]);
  const wild = all.filter(({ resource }) => resource.includes('*'));
  expect(new Set(wild.map(({ action }) => action))).toEqual(new Set(['execute-api:ManageConnections']));
});

it('no function may post to connections of another stage or another API', () => {
  const all = functionNames.flatMap((name) => permissionsOf(template, name));
  const management = all.filter(({ action }) => action.startsWith('execute-api:'));
  expect(management).not.toHaveLength(0);
  for (const { resource } of management) expect(resource.startsWith(`${API}/`)).toBe(true);
});

it('only functions that read members or events may query the table, and none may scan it', () => {
  const allowed = (action: string) =>
    functionNames.filter((name) => permissionsOf(template, name).some((one) => one.action === action));
  expect(allowed('dynamodb:Query')).toEqual([
    'auth',
    'subscribeRoom',
    'broadcast',
    'broadcastWorker',
    'canary',
  ]);
  expect(allowed('dynamodb:Scan')).toEqual([]);
});

it('only the ingest and the broadcaster may send to the room streams, and only the broadcaster may receive from them', () => {
  const allowed = (...actions: string[]) =>
    functionNames.filter((name) =>
      permissionsOf(template, name).some(
        ({ action, resource }) => resource === STREAMS && actions.includes(action),
      ),
    );
  expect(allowed('sqs:SendMessage')).toEqual(['ingest', 'broadcast']);
  const taking = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'];
  expect(allowed(...taking)).toEqual(['broadcast']);
});

it('no function may invoke another, except the broadcaster its worker', () => {
  const invoked = functionNames.flatMap((name) =>
    permissionsOf(template, name)
      .filter(({ action }) => action.startsWith('lambda:'))
      .map(({ action, resource }) => ({ name, action, resource })),
  );
  const worker = 'arn:trade-room-dev-broadcastWorker';
  expect(invoked).toEqual([{ name: 'broadcast', action: 'lambda:InvokeFunction', resource: worker }]);
});

it('only auth and the canary may read a secret, and each of them only the one that it needs', () => {
  const secret = (name: string) => [
    {
      action: 'secretsmanager:GetSecretValue',
      resource: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-??????`,
    },
  ];
  const jwt = secret('trade-room/jwt');
  const readers = (settings: Record<string, unknown>) =>
    functionNames
      .map((name) => [name, secretsOf(settings, name)] as const)
      .filter(([, secrets]) => secrets.length > 0);
  expect(readers(JWKS)).toEqual([]);
  expect(readers(COGNITO)).toEqual([]);
  expect(readers(EVERY_OPTION)).toEqual([['canary', secret('trade-room/canary')]]);
  expect(readers(SHARED_SECRET)).toEqual([
    ['auth', jwt],
    ['canary', jwt],
  ]);
  expect(readers(SECRETS_OF_BOTH)).toEqual([
    ['auth', [{ ...jwt[0], resource: SECRETS_OF_BOTH.jwtSecretName }]],
    ['canary', secret('canary')],
  ]);
});

it('a function may use the key of the table only through DynamoDB, and only if it uses the table', () => {
  const withKey = templateOf(EVERY_OPTION);
  const { tableKeyArn } = EVERY_OPTION;
  for (const name of functionNames) {
    const added = permissionsOf(withKey, name).filter(({ action }) => action.startsWith('kms:'));
    const uses = permissionsOf(withKey, name).some(({ action }) => action.startsWith('dynamodb:'));
    expect(added.map(({ action, resource }) => `${action} ${resource}`)).toEqual(
      uses ? TABLE_KEY_ACTIONS.map((action) => `kms:${action} ${tableKeyArn}`) : [],
    );
  }
  const statements = JSON.stringify(resourcesOf(withKey, 'AWS::IAM::Policy')).match(
    /\{"Action":\["kms:[^}]*\}[^}]*/g,
  );
  expect(statements).not.toBeNull();
  for (const statement of statements ?? []) expect(statement).toContain('"kms:ViaService"');
});

it('API Gateway may invoke the function of each route for that route, EventBridge that of the rule, and no other service any', () => {
  const granted = resourcesOf(template, 'AWS::Lambda::Permission').map(
    ([, properties]) => resolve(template, properties) as Record<string, unknown>,
  );
  const [[ruleId] = []] = resourcesOf(template, 'AWS::Events::Rule');
  const invoker = (principal: string, source: string, invoked: string) => ({
    Action: 'lambda:InvokeFunction',
    Principal: principal,
    SourceArn: source,
    FunctionName: `arn:trade-room-dev-${invoked}`,
  });
  const anyStage = API.replace(/dev$/, '*');
  expect(granted).toHaveLength(Object.keys(routes).length + 1);
  expect(granted).toEqual(
    expect.arrayContaining([
      ...Object.entries(routes).map(([key, route]) =>
        invoker('apigateway.amazonaws.com', `${anyStage}${key}`, route.function),
      ),
      invoker('events.amazonaws.com', `arn:${ruleId}`, eventRule.function),
    ]),
  );
});
