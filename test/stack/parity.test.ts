import { expect, it } from 'vitest';
import { nodeEnvironment } from '../../lib/config/functions.ts';
import { LOCAL_NAME, localStack, localTokens } from '../../lib/config/local-stack.ts';
import { readLocalSettings } from '../../lib/config/read-settings.ts';
import { describedTemplate } from './described-template.ts';
import { resolve } from './resolve.ts';
import { functionNames, permissionsOf } from './statements.ts';
import { JWKS, resourcesOf, type Template, templateOf } from './synthesize.ts';

const DEADLINE = '7';
const template = templateOf({
  ...JWKS,
  stage: 'local',
  authDeadlineSeconds: DEADLINE,
  canarySecretName: 'trade-room-local-canary',
});
const deployed = describedTemplate(template);
const settings = readLocalSettings({ AUTH_DEADLINE_SECONDS: DEADLINE, CANARY: 'true' });
const local = localStack('http://localhost:4001', settings, localTokens(settings, { publicJwk: {} }));

/** The template's resources are called `arn:<name>`, but for connections and secrets, whose ARNs are written out in it. */
function inTheTemplate(arn: string): string {
  if (/^arn:aws:(execute-api|secretsmanager):/.test(arn)) return arn;
  const name = arn.replace(/^.*[:/]/, '');
  return `arn:${arn.startsWith('arn:aws:lambda:') ? `${LOCAL_NAME}-${name}` : name}`;
}

it('AWS and the emulator have the same routes, response flags and throttles', () => {
  expect(deployed.webSocketApi).toEqual(local.webSocketApi);
  expect(Object.keys(deployed.webSocketApi.routes)).toHaveLength(7);
});

it('AWS and the emulator have the same functions: timeouts, memory, allowed loops, retries and dead letters', () => {
  const shape = ({ functions }: { functions: Record<string, object> }) =>
    Object.fromEntries(
      Object.entries(functions).map(([name, described]) => [
        name,
        { ...described, environment: {}, statements: [] },
      ]),
    );
  expect(shape(deployed)).toEqual(shape(local));
});

it.each(functionNames)(
  'AWS and the emulator give the function %s the same permissions, beside those of its log',
  (name) => {
    const [[tableId = ''] = []] = resourcesOf(template, 'AWS::DynamoDB::GlobalTable');
    const [[apiId = ''] = []] = resourcesOf(template, 'AWS::ApiGatewayV2::Api');
    const inAws = permissionsOf(template, name)
      .filter(({ action }) => !action.startsWith('logs:'))
      .map(
        ({ action, resource }) =>
          `${action} ${resource.replace(tableId, LOCAL_NAME).replace(apiId, local.apiId)}`,
      );
    const { statements = [] } = local.functions[name] ?? {};
    const here = statements.flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${inTheTemplate(resource)}`)),
    );
    expect(inAws.sort()).toEqual(here.sort());
  },
);

it.each(Object.keys(local.functions))(
  'AWS and the emulator give the function %s the same variables, beside what Node reads',
  (name) => {
    const names = Object.keys(deployed.functions[name]?.environment ?? {});
    const own = Object.keys(local.functions[name]?.environment ?? {});
    expect(names.sort()).toEqual([...own, ...Object.keys(nodeEnvironment)].sort());
  },
);

it('AWS and the emulator differ only in variables that hold addresses, names, tokens, log level and metrics', () => {
  type Served = { functions: Record<string, { environment: Record<string, string> }> };
  const variablesOf = ({ functions }: Served): Record<string, string> =>
    Object.assign({}, ...Object.values(functions).map(({ environment }) => environment));
  const at = variablesOf(deployed);
  const home = variablesOf(local);
  const different = Object.keys(home).filter((name) => at[name] !== home[name]);
  expect(different.sort()).toEqual([
    'AUTH_DEADLINE_QUEUE_URL',
    'BROADCAST_WORKER',
    'CALLBACK_URL',
    'EVENT_DEAD_LETTER_QUEUE_URL',
    // In AWS Lambda's own level decides, which is INFO.
    'POWERTOOLS_LOG_LEVEL',
    'POWERTOOLS_METRICS_DISABLED',
    'POWERTOOLS_SERVICE_NAME',
    'ROOM_EVENTS_QUEUE_URL',
    'TABLE_NAME',
    'TOKEN_SETTINGS',
    'WEB_SOCKET_URL',
  ]);
  // Locally there is one stage, and clients name none.
  const addresses = different.filter((name) => name.endsWith('_URL') && name !== 'WEB_SOCKET_URL');
  expect(addresses).toHaveLength(4);
  for (const name of addresses) {
    expect(new URL(at[name] ?? '').pathname).toBe(new URL(home[name] ?? '').pathname);
  }
  const { BROADCAST_WORKER: worker = '' } = home;
  expect(Object.keys(local.functions)).toContain(worker);
  expect(at['BROADCAST_WORKER']).toBe(`${local.eventBus.name}-${worker}`);
});

it('AWS and the emulator send the same events of the bus to the same function', () => {
  const rules = local.eventBus.rules.map(({ pattern, function: target }) => ({
    pattern,
    function: target,
  }));
  expect(deployed.eventBus).toEqual({ name: local.eventBus.name, rules });
});

it('AWS and the emulator have the same queues and consumers', () => {
  expect(deployed.queues).toEqual(local.queues);
  expect(deployed.queues['trade-room-local-room-events.fifo']).toMatchObject({
    fifo: { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' },
    redrive: { deadLetterQueue: 'trade-room-local-room-events-dead-letters.fifo' },
    consumer: { function: 'broadcast', batchSize: 10, reportBatchItemFailures: true },
  });
});

it('AWS and the emulator invoke the same functions by the same schedules', () => {
  expect(deployed.schedules).toEqual(local.schedules);
  expect(deployed.schedules).toHaveLength(1);
});

it('AWS and the emulator have the same table: keys and time to live', () => {
  const nameless = local.tables.map((table) => ({ ...table, name: undefined }));
  expect(deployed.tables).toEqual(nameless);
  expect(deployed.stage).toBe(local.stage);
});

const empty: Template = { Resources: {}, Outputs: {} };

it.each([
  { 'Fn::Sub': 'x' },
  { 'Fn::GetAtt': ['A', 'Name'] },
  { Ref: 'Nothing' },
  { a: [{ 'Fn::If': ['c', 1, 2] }] },
])('the comparison of a template throws at %j instead of guessing', (value) => {
  expect(() => resolve(empty, value)).toThrow();
});
