import { describe, expect, it } from 'vitest';
import type { FunctionName } from '../../lib/config/functions.ts';
import { TABLE_KEY_ACTIONS } from '../../lib/config/permissions.ts';
import { eventRule, routes } from '../../lib/config/triggers.ts';
import { resolve } from './resolve.ts';
import { functionNames, permissionsOf, roleOf } from './statements.ts';
import { COGNITO, JWKS, resourcesOf, SHARED_SECRET, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);

const [[tableId] = []] = resourcesOf(template, 'AWS::DynamoDB::GlobalTable');
const TABLE = `arn:${tableId}`;
const DEADLINES = 'arn:trade-room-dev-auth-deadline';
const STREAMS = 'arn:trade-room-dev-room-events.fifo';
const DEAD_LETTERS = 'arn:trade-room-dev-event-dead-letters';
const API = 'arn:aws:execute-api:us-east-1:000000000000:RealtimeWebSocketApiCF8708A5/dev';
const logs = (name: string) => [
  `logs:CreateLogStream arn:/aws/lambda/trade-room-dev-${name}`,
  `logs:PutLogEvents arn:/aws/lambda/trade-room-dev-${name}`,
];
const table = (...actions: string[]) => actions.map((action) => `dynamodb:${action} ${TABLE}`);
const connections = (...methods: string[]) =>
  methods.map((method) => `execute-api:ManageConnections ${API}/${method}/@connections/*`);
const polling = (queue: string) => [
  `sqs:ReceiveMessage ${queue}`,
  `sqs:DeleteMessage ${queue}`,
  `sqs:GetQueueAttributes ${queue}`,
];
const settlingRooms = [
  ...table('GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
  ...connections('POST', 'DELETE'),
];
const joiningRooms = [...settlingRooms, ...table('Query', 'BatchGetItem')];

/** The whole of what each function may do. */
const expected: Record<FunctionName, string[]> = {
  connect: [...table('PutItem', 'DeleteItem'), ...connections('POST'), `sqs:SendMessage ${DEADLINES}`],
  disconnect: [...table('DeleteItem'), ...connections('POST')],
  default: [],
  auth: joiningRooms,
  subscribeRoom: joiningRooms,
  unsubscribeRoom: settlingRooms,
  ping: [...table('GetItem', 'UpdateItem', 'DeleteItem'), ...connections('POST', 'DELETE')],
  authDeadline: [
    ...table('GetItem', 'UpdateItem', 'DeleteItem'),
    ...connections('POST', 'DELETE'),
    ...polling(DEADLINES),
  ],
  ingest: [`sqs:SendMessage ${STREAMS}`, `sqs:SendMessage ${DEAD_LETTERS}`],
  broadcast: [
    ...table('Query', 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...connections('POST', 'DELETE'),
    ...polling(STREAMS),
    `sqs:ChangeMessageVisibility ${STREAMS}`,
    `sqs:SendMessage ${STREAMS}`,
    `sqs:SendMessage ${DEAD_LETTERS}`,
    'lambda:InvokeFunction arn:trade-room-dev-broadcastWorker',
  ],
  broadcastWorker: [
    ...table('Query', 'GetItem', 'UpdateItem', 'DeleteItem'),
    ...connections('POST', 'DELETE'),
  ],
  canary: [
    ...table('GetItem', 'Query'),
    'sqs:SendMessage arn:trade-room-dev-canary-dead-letters',
    'events:PutEvents arn:trade-room-dev',
  ],
};

const secretsOf = (settings: Record<string, unknown>, name: FunctionName) =>
  permissionsOf(templateOf(settings), name).filter(({ action }) => action.startsWith('secretsmanager:'));

describe('least privilege', () => {
  it.each(functionNames)('%s may do exactly this and write its own log', (name) => {
    const granted = permissionsOf(template, name).map(({ action, resource }) => `${action} ${resource}`);
    expect(granted.sort()).toEqual([...expected[name], ...logs(name)].sort());
  });

  it('every function has a role of its own', () => {
    const roles = functionNames.map((name) => roleOf(template, name));
    expect(new Set(roles).size).toBe(functionNames.length);
  });

  it('no function has a wildcard action, nor a wildcard resource but the connections of the stage', () => {
    const all = functionNames.flatMap((name) => permissionsOf(template, name));
    expect(all.filter(({ action }) => action.includes('*'))).toEqual([]);
    const wild = all.filter(({ resource }) => resource.includes('*'));
    expect(new Set(wild.map(({ action }) => action))).toEqual(new Set(['execute-api:ManageConnections']));
  });

  it('nothing may be posted to connections of another stage or another API', () => {
    const all = functionNames.flatMap((name) => permissionsOf(template, name));
    const management = all.filter(({ action }) => action.startsWith('execute-api:'));
    expect(management).not.toHaveLength(0);
    for (const { resource } of management) expect(resource.startsWith(`${API}/`)).toBe(true);
  });

  it('only functions that serve a room, recover what a client missed, or look for the canary’s event may query; none may scan', () => {
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

  it('only the ingest and the broadcaster may put anything into a stream, and nobody takes from it but the broadcaster', () => {
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

  it('no function may invoke another, but the broadcaster its worker', () => {
    const invoked = functionNames.flatMap((name) =>
      permissionsOf(template, name)
        .filter(({ action }) => action.startsWith('lambda:'))
        .map(({ action, resource }) => ({ name, action, resource })),
    );
    const worker = 'arn:trade-room-dev-broadcastWorker';
    expect(invoked).toEqual([{ name: 'broadcast', action: 'lambda:InvokeFunction', resource: worker }]);
  });

  it('no function can read a secret but auth and the canary, and these only the one that they need', () => {
    const secret = (name: string) => [
      {
        action: 'secretsmanager:GetSecretValue',
        resource: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-??????`,
      },
    ];
    const jwt = secret('trade-room/jwt');
    const own = { canarySecretName: 'canary' };
    const readers = (settings: Record<string, unknown>) =>
      functionNames
        .map((name) => [name, secretsOf(settings, name)] as const)
        .filter(([, secrets]) => secrets.length > 0);
    expect(readers(JWKS)).toEqual([]);
    expect(readers(COGNITO)).toEqual([]);
    expect(readers({ ...JWKS, ...own })).toEqual([['canary', secret('canary')]]);
    expect(readers(SHARED_SECRET)).toEqual([
      ['auth', jwt],
      ['canary', jwt],
    ]);
    expect(readers({ ...SHARED_SECRET, ...own })).toEqual([
      ['auth', jwt],
      ['canary', secret('canary')],
    ]);
  });

  it('who uses the table may use its key, where it has one, by DynamoDB alone; nobody else may', () => {
    const tableKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d';
    const withKey = templateOf({ ...JWKS, tableKeyArn });
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

  it('API Gateway may invoke the function of each route for that route, EventBridge that of the rule, nobody else any', () => {
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

  it('a secret that is named by its ARN is that ARN', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:jwt-AbCdEf';
    expect(secretsOf({ jwtSecretName: arn }, 'auth').map(({ resource }) => resource)).toEqual([arn]);
  });
});
