import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { putOnBus } from '../../lib/canary/check-stage.ts';
import { CANARY } from '../../lib/config/canary.ts';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { type CanaryDeps, onCanary } from '../../lib/lambda/on-canary.ts';
import type { StackDescription } from '../../lib/local/description.ts';
import type { Faults } from '../../lib/local/faults.ts';
import { systemTime, type Time } from '../../lib/local/time.ts';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { recordingLog } from '../support/recording-log.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { unusedPort } from '../support/unused-port.ts';

let stack: Stack | undefined;
/** A stage without a fault, or with one of the running test, which costs no start. */
let shared: Stack;
let faults: Faults = {};
beforeAll(async () => {
  shared = await startStack({
    faults: { onInvoke: async (invocation) => faults.onInvoke?.(invocation) ?? 1 },
  });
});
afterEach(async () => {
  faults = {};
  // What IAM has refused is what one of the tests is about.
  await stack?.close().catch(() => undefined);
  stack = undefined;
});
afterAll(() => shared.close());

/** The time of this machine, but what is to happen in exactly a minute happens when the test says so. */
function minuteByMinute(): Time & { minute(): void } {
  let next: (() => void)[] = [];
  return {
    ...systemTime,
    after(milliseconds, task) {
      if (milliseconds !== 60_000) return systemTime.after(milliseconds, task);
      next.push(task);
      return () => {
        next = next.filter((one) => one !== task);
      };
    },
    minute() {
      const due = next;
      next = [];
      for (const task of due) task();
    },
  };
}

const canaryLines = ({ printed }: Stack) => printed.filter((line) => line.startsWith('canary: '));

describe('the canary on the emulator, each minute', () => {
  it.each<[string, Record<string, string>]>([
    [
      'with a token that it signs itself if tokens are signed with a secret',
      { JWT_SECRET: 'a secret of the REST API', JWT_USER_ID_CLAIM: 'id', ROOM_ACCESS: 'claim' },
    ],
    [
      'with a token that it gets from the issuer with its own credentials if there is an issuer',
      { ROOM_ACCESS: 'claim' },
    ],
  ])('the canary goes through the stage each minute as a client does, %s', async (_, environment) => {
    const time = minuteByMinute();
    stack = await startStack({
      time,
      environment: { ...environment, CANARY: 'true' },
      adapt: canaryWith({ POWERTOOLS_METRICS_DISABLED: 'false' }),
    });
    time.minute();
    await expect
      .poll(() => canaryLines(stack as Stack), { timeout: 15_000 })
      .toEqual([
        expect.stringMatching(/"Name":"CanaryMs","Unit":"Milliseconds".*"service":"trade-room"/),
        expect.stringMatching(/^canary: INFO canary_passed target=stage .*roomId=canary durationMs=\d+/),
      ]);
    // And again, after another minute, with the rows that the first run has left.
    time.minute();
    await expect.poll(() => canaryLines(stack as Stack), { timeout: 15_000 }).toHaveLength(4);
    expect(canaryLines(stack).at(-1)).toContain('canary_passed');
    await stack.close();
  });

  it('the canary without a token publishes its event and finds it in the log of its room', async () => {
    const time = minuteByMinute();
    stack = await startStack({
      time,
      environment: { CANARY: 'true' },
      adapt: canaryWith({ CANARY_TOKENS: '{"from":"nowhere"}' }),
    });
    for (const runs of [1, 2]) {
      time.minute();
      await expect.poll(() => canaryLines(stack as Stack), { timeout: 15_000 }).toHaveLength(runs);
      expect(canaryLines(stack).at(-1)).toMatch(/^canary: INFO canary_passed target=bus /);
    }
    await stack.close();
  });

  it('the canary logs a failed run with its step, and does not count it', async () => {
    const time = minuteByMinute();
    const url = `ws://127.0.0.1:${await unusedPort()}`;
    stack = await startStack({
      time,
      environment: { CANARY: 'true' },
      adapt: canaryWith({ POWERTOOLS_METRICS_DISABLED: 'false', WEB_SOCKET_URL: url }),
    });
    time.minute();
    await expect
      .poll(() => canaryLines(stack as Stack), { timeout: 15_000 })
      .toEqual([
        expect.stringMatching(/^canary: ERROR canary_failed target=stage .*roomId=canary step=connect/),
      ]);
    expect(canaryLines(stack)[0]).toMatch(
      /StepFailed: The step "connect" failed after \d+ ms: .*ECONNREFUSED/,
    );
  });

  it('the canary has no schedule unless the setting canary is on', async () => {
    const time = minuteByMinute();
    stack = await startStack({ time });
    expect(stack.description.schedules).toEqual([]);
  });
});

/** Changes variables of the canary. */
function canaryWith(variables: Record<string, string>) {
  return (description: StackDescription): StackDescription => {
    const { canary } = description.functions;
    if (canary === undefined) throw new Error('there is no canary');
    const environment = { ...canary.environment, ...variables };
    return { ...description, functions: { ...description.functions, canary: { ...canary, environment } } };
  };
}

/** Runs the canary's handler once against the stage, with little patience, and returns what it has told. */
async function runOnce(changes: Partial<CanaryDeps> = {}) {
  const { application, endpoint, token } = stack ?? shared;
  const passed: number[] = [];
  const { log, lines } = recordingLog();
  await onCanary({
    url: endpoint.replace('http', 'ws'),
    room: CANARY,
    tokens: { get: () => token(CANARY), forget: () => undefined },
    put: putOnBus(application.eventBridge, { bus: LOCAL_NAME, source: 'trade-room.canary' }),
    roomLog: dynamoDbStore({ client: application.dynamoDb, tableName: LOCAL_NAME, clock: Date.now }),
    patience: 600,
    timeLimitMs: 20_000,
    newId: randomUUID,
    clock: Date.now,
    sleep: (milliseconds) => sleep(milliseconds),
    countPassed: (milliseconds) => passed.push(milliseconds),
    log,
    ...changes,
  })();
  return { passed, errors: lines.filter(({ level }) => level === 'error') };
}

const failedIn = (step: string, message: RegExp) => ({
  passed: [],
  errors: [
    {
      level: 'error',
      name: 'canary_failed',
      fields: {
        target: expect.any(String),
        runId: expect.stringMatching(/^[\w-]{36}$/),
        roomId: CANARY,
        step,
        error: expect.objectContaining({ message: expect.stringMatching(message) }),
      },
    },
  ],
});

/** What the rule, the ingest, the broadcaster or a role would do if it were broken. */
const rulesGone = (description: StackDescription): StackDescription => ({
  ...description,
  eventBus: { ...description.eventBus, rules: [] },
});
const neverInvoked = (name: string): Faults => ({
  onInvoke: async ({ functionName }) => (functionName === name ? 0 : 1),
});
function recoveryDenied(description: StackDescription): StackDescription {
  const { subscribeRoom } = description.functions;
  if (subscribeRoom === undefined) throw new Error('there is no subscribeRoom');
  const statements = subscribeRoom.statements.map(({ actions, resources }) => ({
    actions: actions.filter((action) => action !== 'dynamodb:BatchGetItem'),
    resources,
  }));
  const denied = { ...subscribeRoom, statements };
  return { ...description, functions: { ...description.functions, subscribeRoom: denied } };
}

describe('a run of the canary that fails', () => {
  it.each<
    [string, string, RegExp, { faults?: Faults; adapt?: (stack: StackDescription) => StackDescription }]
  >([
    ['the rule of the bus is gone', 'frame', /^The step "frame" failed .* got nothing/, { adapt: rulesGone }],
    ['nothing is broadcast', 'frame', /got nothing/, { faults: neverInvoked('broadcast') }],
    [
      'the role of subscribeRoom may not read what was missed',
      'recover',
      /expected room_subscribed, got error internal/,
      { adapt: recoveryDenied },
    ],
    [
      'nobody answers a subscribe',
      'subscribe',
      /Internal server error/,
      { faults: neverInvoked('subscribeRoom') },
    ],
    [
      'connections are refused',
      'connect',
      /Unexpected server response: 50/,
      { faults: neverInvoked('connect') },
    ],
  ])('the canary logs the step and counts nothing when %s', async (_, step, message, options) => {
    faults = options.faults ?? {};
    if (options.adapt !== undefined) stack = await startStack(options);
    expect(await runOnce()).toEqual(failedIn(step, message));
  });

  it.each<[string, string, RegExp, () => Promise<Partial<CanaryDeps>>]>([
    [
      'nobody listens at the public URL',
      'connect',
      /ECONNREFUSED/,
      async () => ({ url: `ws://127.0.0.1:${await unusedPort()}` }),
    ],
    [
      'its token is refused',
      'auth',
      /expected auth_success, got error auth_failed/,
      async () => ({ tokens: { get: async () => 'S3cr3t', forget: () => undefined } }),
    ],
    [
      'it gets no token',
      'token',
      /expected a token from the token endpoint, got status 401, invalid_client/,
      async () => ({
        tokens: {
          get: () =>
            Promise.reject(
              new Error('expected a token from the token endpoint, got status 401, invalid_client'),
            ),
          forget: () => undefined,
        },
      }),
    ],
    [
      'the bus does not take its event',
      'event',
      /ResourceNotFoundException/,
      async () => ({
        put: putOnBus(shared.application.eventBridge, { bus: 'nowhere', source: 'trade-room' }),
      }),
    ],
    [
      'the time for all steps is up',
      'token',
      /expected all steps to end within the time limit/,
      async () => ({
        timeLimitMs: 1,
        tokens: { get: () => new Promise<string>(() => undefined), forget: () => undefined },
      }),
    ],
  ])('the canary logs the step and counts nothing when %s', async (_, step, message, changes) => {
    const told = await runOnce(await changes());
    expect(told).toEqual(failedIn(step, message));
    expect(JSON.stringify(told.errors.map(({ fields }) => String(fields['error'])))).not.toContain('S3cr3t');
  });

  it('the canary without a token does not take the late event of an earlier run for its own', async () => {
    const bus = putOnBus(shared.application.eventBridge, { bus: LOCAL_NAME, source: 'trade-room.canary' });
    const put: CanaryDeps['put'] = (type, detail) => bus(type, { ...detail, id: 'earlier:1' });
    expect(await runOnce({ tokens: undefined, put })).toEqual(
      failedIn('log', /expected the event in the log of its room within 0.6 s/),
    );
  });

  it('the canary closes its connection when its time is up while it connects', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    const accepted = once(silent, 'connection').then(([socket]) => once(socket.resume(), 'close'));
    await once(silent, 'listening');
    const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect(await runOnce({ url, timeLimitMs: 200, patience: 60_000 })).toEqual(
      failedIn('connect', /expected all steps to end within the time limit/),
    );
    await accepted;
    silent.close();
  });

  it('the canary without a token logs the step when its event does not reach the log of its room', async () => {
    stack = await startStack({ adapt: rulesGone });
    const told = await runOnce({ tokens: undefined });
    expect(told).toEqual(failedIn('log', /expected the event in the log of its room within 0.6 s/));
  });
});
