import { expect, it } from 'vitest';
import { parseTokenSettings } from '../../../lib/auth/token-settings.ts';
import { canarySchedule } from '../../../lib/config/canary.ts';
import { functions } from '../../../lib/config/functions.ts';
import { LOCAL_NAME, localStack, localTokens } from '../../../lib/config/local-stack.ts';
import { permissions } from '../../../lib/config/permissions.ts';
import { queues } from '../../../lib/config/queues.ts';
import { readLocalSettings } from '../../../lib/config/read-settings.ts';
import { eventRule, routes } from '../../../lib/config/triggers.ts';
import { compilePattern } from '../../../lib/local/event-bridge/event-pattern.ts';

const ENDPOINT = 'http://localhost:4001';
const stackOf = (environment: NodeJS.ProcessEnv = {}) => {
  const settings = readLocalSettings(environment);
  return localStack(ENDPOINT, settings, localTokens(settings, { publicJwk: {} }));
};
const stack = stackOf();

it.each(Object.entries(functions))(
  'the emulator gives the function %s exactly the variables that it declares',
  (name, description) => {
    const served = stack.functions[name];
    expect(Object.keys(served?.environment ?? {}).sort()).toEqual([...description.environment].sort());
    for (const value of Object.values(served?.environment ?? {})) expect(value).toMatch(/./);
    expect(served?.timeoutSeconds).toBe(description.timeoutSeconds);
    expect(served?.memoryMB).toBe(description.memoryMB);
  },
);

it('the emulator has the functions, the routes and the rule of the project and no others', () => {
  expect(Object.keys(stack.functions)).toEqual(Object.keys(functions));
  expect(stack.webSocketApi).toEqual({
    routeSelectionExpression: '$request.body.type',
    routes,
    throttle: { rateLimit: 2_000, burstLimit: 1_000 },
  });
  expect(stack.eventBus.rules).toEqual([eventRule]);
});

it('every queue of the project is on the emulator, with complete names and references', () => {
  const names = Object.keys(queues).map((name) => `${LOCAL_NAME}-${name}`);
  expect(Object.keys(stack.queues).sort()).toEqual(names.sort());
  const referred = [
    ...Object.values(stack.queues).map((queue) => queue.redrive?.deadLetterQueue),
    ...Object.values(stack.functions).map((served) => served.asynchronous?.onFailureQueue),
  ].filter((name) => name !== undefined);
  expect(referred).toEqual([
    `${LOCAL_NAME}-auth-deadline-dead-letters`,
    `${LOCAL_NAME}-room-events-dead-letters.fifo`,
    `${LOCAL_NAME}-event-dead-letters`,
    `${LOCAL_NAME}-canary-dead-letters`,
  ]);
  for (const name of referred) expect(names).toContain(name);
  for (const { consumer } of Object.values(stack.queues)) {
    if (consumer !== undefined) expect(Object.keys(functions)).toContain(consumer.function);
  }
});

it('the emulator’s functions get the addresses of its own queues, table and connections', () => {
  const environment = {
    ...stack.functions['connect']?.environment,
    ...stack.functions['broadcast']?.environment,
  };
  expect(environment).toMatchObject({
    TABLE_NAME: stack.tables[0]?.name,
    CALLBACK_URL: `${ENDPOINT}/${stack.stage}`,
    AUTH_DEADLINE_QUEUE_URL: `${ENDPOINT}/000000000000/${LOCAL_NAME}-auth-deadline`,
    EVENT_DEAD_LETTER_QUEUE_URL: `${ENDPOINT}/000000000000/${LOCAL_NAME}-event-dead-letters`,
    ROOM_EVENTS_QUEUE_URL: `${ENDPOINT}/000000000000/${LOCAL_NAME}-room-events.fifo`,
  });
});

it('an event goes from the rule to the room streams, and from there to the broadcaster', () => {
  expect(stack.eventBus.rules.map(({ function: target }) => target)).toEqual(['ingest']);
  const { ingest, broadcast } = stack.functions;
  const streams = ingest?.environment['ROOM_EVENTS_QUEUE_URL'];
  expect(broadcast?.environment['ROOM_EVENTS_QUEUE_URL']).toBe(streams);
  expect(stack.queues[streams?.split('/').at(-1) ?? '']?.consumer?.function).toBe('broadcast');
  expect(permissions.ingest.sendsTo).toContain('room-events.fifo');
  expect(permissions.broadcast.advancesRetriesOf).toEqual(['room-events.fifo']);
});

it('the name of a queue says whether it is FIFO, and its dead-letter queue is of the same kind', () => {
  for (const [name, { fifo, redrive }] of Object.entries(stack.queues)) {
    expect(name.endsWith('.fifo')).toBe(fifo !== undefined);
    if (redrive) expect(stack.queues[redrive.deadLetterQueue]?.fifo).toEqual(fifo);
  }
});

it('the emulator has the delivery interval and the recovery time of a deployed stage by default', () => {
  const { DELIVERY_INTERVAL_MS: interval, RECOVERY_SECONDS: recovery } =
    stack.functions['broadcast']?.environment ?? {};
  expect([interval, recovery]).toEqual(['200', '600']);
});

it('the broadcaster on the emulator knows its worker and its share of the quota', () => {
  const { BROADCAST_WORKER: worker, POSTS_PER_SECOND: posts } =
    stack.functions['broadcast']?.environment ?? {};
  expect(Object.keys(stack.functions)).toContain(worker);
  expect(permissions.broadcast.invokes).toEqual([worker]);
  expect(posts).toBe('9000');
});

it('only functions that a rule or a schedule invokes have retries and dead letters of their own', () => {
  const asynchronous = Object.entries(stack.functions).filter(
    ([, served]) => served.asynchronous !== undefined,
  );
  expect(asynchronous.map(([name]) => name)).toEqual([eventRule.function, canarySchedule.function]);
});

it('AUTH_DEADLINE_SECONDS delays the messages of the auth deadline on the emulator', () => {
  const { queues: served } = stackOf({ AUTH_DEADLINE_SECONDS: '3' });
  expect(served[`${LOCAL_NAME}-auth-deadline`]?.delaySeconds).toBe(3);
  expect(served[`${LOCAL_NAME}-event-dead-letters`]?.delaySeconds).toBe(0);
});

it.each([{}, { JWT_SECRET: 's', JWT_ISSUER: 'i' }, { JWT_USER_ID_CLAIM: 'id' }])(
  'with %j the emulator gives auth token settings that auth understands',
  (environment) => {
    const { TOKEN_SETTINGS: settings } = stackOf(environment).functions['auth']?.environment ?? {};
    expect(parseTokenSettings(settings ?? '')).toBeTruthy();
  },
);

it('ROOM_ACCESS reaches the auth function on the emulator', () => {
  const served = stackOf({ ROOM_ACCESS: 'claim' }).functions['auth'];
  expect(served?.environment['ROOM_ACCESS']).toBe('claim');
});

const matches = compilePattern(eventRule.pattern);
const event = (source: string) => ({ source, 'detail-type': 'order_executed', detail: {} });

it.each(['trade-room', 'trade-room.orders', 'trade-room.orders.eu', 'trade-room.'])(
  'the rule of the bus takes events of the source %s',
  (source) => {
    expect(matches(event(source))).toBe(true);
  },
);

it.each(['trade-rooms', 'trade-room-orders', 'my.trade-room', 'Trade-Room', 'aws.s3', ''])(
  'the rule of the bus takes no events of the source %j',
  (source) => {
    expect(matches(event(source))).toBe(false);
  },
);

it('the rule of the bus takes events of any type, so that a misspelt one is dead-lettered', () => {
  expect(matches({ ...event('trade-room'), 'detail-type': 'order_exekuted' })).toBe(true);
});
