import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import type { Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import type { Faults } from '../../../lib/local/faults.ts';
import { createFunctionLog, createInvocationLog } from '../../../lib/local/lambda/function-log.ts';
import { createLambdaRuntime } from '../../../lib/local/lambda/function-runtime.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { manualTime } from '../../support/manual-time.ts';

function runtimeOf(handler: Handler, faults: Faults = {}) {
  const time = manualTime();
  const printed: string[] = [];
  const invocations = createInvocationLog(time);
  let requests = 0;
  const runtime = createLambdaRuntime({
    functions: { toy: { environment: {}, timeoutSeconds: 3, statements: [] } },
    loadHandler: async () => handler,
    region: 'eu-west-1',
    time,
    faults,
    concurrency: 1_000,
    print: (text) => printed.push(text),
    newRequestId: () => {
      requests += 1;
      return `request-${requests}`;
    },
    invocations,
    functionLog: createFunctionLog(time),
    isShown: () => true,
    recursion: { admit: () => ({ traceHeader: 'Root=1-0-0' }), dropped: () => ({}) },
  });
  return { ...runtime, time, printed, invocations };
}

test('the function runtime passes event and answer through JSON, as AWS serializes them', async () => {
  const { invoke } = runtimeOf(async (event) => {
    expect(event).toEqual({ at: '2030-01-01T00:00:00.000Z' });
    return { at: new Date(0), nothing: undefined };
  });
  const result = await invoke('toy', { at: new Date(Date.UTC(2030, 0, 1)), nothing: undefined });
  expect(result).toEqual({ ok: true, payload: { at: '1970-01-01T00:00:00.000Z' } });
});

test('the function runtime answers null for a function that returns nothing', async () => {
  const { invoke } = runtimeOf(async () => undefined);
  expect(await invoke('toy', {})).toEqual({ ok: true, payload: null });
});

test('the function runtime does not let a function see what another made of the same event', async () => {
  const event = { count: 1 };
  const { invoke } = runtimeOf(async (received) => {
    (received as typeof event).count += 1;
  });
  await invoke('toy', event);
  expect(event).toEqual({ count: 1 });
});

test('the function runtime fails an answer that is not serializable with the text of the Lambda runtime', async () => {
  const { invoke } = runtimeOf(async () => 1n);
  expect(await invoke('toy', {})).toMatchObject({
    ok: false,
    error: { errorType: 'Error', errorMessage: 'Unable to stringify response body' },
  });
});

test('the function runtime returns name, message and stack of an error, and prints its place in the function', async () => {
  const { invoke, printed } = runtimeOf(async () => {
    throw new TypeError('not a room');
  });
  const result = await invoke('toy', {});
  expect(result).toMatchObject({ ok: false, error: { errorType: 'TypeError', errorMessage: 'not a room' } });
  expect(!result.ok && result.error.trace[0]).toBe('TypeError: not a room');
  expect(printed).toHaveLength(1);
  expect(printed[0]).toContain('toy failed (request request-1): TypeError: not a room\n    at ');
  expect(printed[0]).toContain('function-runtime.test.ts');
  expect(printed[0]).not.toContain('lib/local/lambda');
});

test('the function runtime takes what is thrown synchronously, and what is no Error', async () => {
  const { invoke } = runtimeOf(() => {
    throw 'a string';
  });
  expect(await invoke('toy', {})).toEqual({
    ok: false,
    error: { errorType: 'string', errorMessage: 'a string', trace: [] },
  });
});

test.each<[string, unknown, string]>([
  ['undefined', undefined, 'it threw undefined, which is not an Error'],
  ['null', null, 'it threw null, which is not an Error'],
  ['a string', 'no room', 'it threw "no room", which is not an Error'],
  ['a plain object', { code: 5 }, 'it threw { code: 5 }, which is not an Error'],
  [
    'an object without a prototype',
    Object.create(null),
    'it threw [Object: null prototype] {}, which is not',
  ],
  ['an Error of another realm', runInNewContext('new TypeError("far away")'), 'TypeError: far away'],
  ['an Error without name and message', Object.assign(new Error(), { name: undefined }), 'Error: '],
])('the function runtime prints a readable line for a function that throws %s', async (_, thrown, line) => {
  const { invoke, printed } = runtimeOf(() => Promise.reject(thrown));
  expect((await invoke('toy', {})).ok).toBe(false);
  expect(printed[0]).toContain(`toy failed (request request-1): ${line}`);
});

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
test('the function runtime ends a function after its timeout', async () => {
  const { invoke, time } = runtimeOf(() => new Promise(() => undefined));
  const result = invoke('toy', {});
  await time.advance(2_999);
  const early = await Promise.race([result, setImmediate('still running')]);
  expect(early).toBe('still running');
  await time.advance(1);
  expect(await result).toEqual({
    ok: false,
    error: {
      errorType: 'Sandbox.Timedout',
      errorMessage: 'RequestId: request-1 Error: Task timed out after 3.00 seconds',
      trace: [],
    },
  });
});

test('the function runtime leaves no timer behind for a function that answered', async () => {
  const { invoke, time } = runtimeOf(async () => 'done');
  await invoke('toy', {});
  expect(time.pending).toBe(0);
});

test('the function runtime runs invocations concurrently', async () => {
  let running = 0;
  let release: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { invoke, settled } = runtimeOf(async () => {
    running += 1;
    if (running === 3) release();
    await all;
  });
  await Promise.all([invoke('toy', 1), invoke('toy', 2), invoke('toy', 3)]);
  await settled();
  expect(running).toBe(3);
});

test('the function runtime gives a Lambda context whose remaining time runs down', async () => {
  const remaining: number[] = [];
  let context: Context | undefined;
  const { invoke, time } = runtimeOf(async (_event, given) => {
    context = given;
    remaining.push(given.getRemainingTimeInMillis());
    await time.advance(1_000);
    remaining.push(given.getRemainingTimeInMillis());
  });
  await invoke('toy', {});
  expect(remaining).toEqual([3_000, 2_000]);
  expect(context).toMatchObject({
    functionName: 'toy',
    functionVersion: '$LATEST',
    awsRequestId: 'request-1',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:toy',
    logGroupName: '/aws/lambda/toy',
    memoryLimitInMB: '128',
  });
});

test('the function runtime answers ResourceNotFoundException for a function that the stack does not have', async () => {
  const { invoke } = runtimeOf(async () => 'never');
  expect(await invoke('other', {})).toMatchObject({
    ok: false,
    error: { errorType: 'ResourceNotFoundException' },
  });
});

test('the function runtime loses an invocation when a fault says so', async () => {
  let calls = 0;
  const { invoke } = runtimeOf(
    async () => {
      calls += 1;
    },
    { onInvoke: async () => 0 },
  );
  expect((await invoke('toy', {})).ok).toBe(false);
  expect(calls).toBe(0);
});

test('the function runtime repeats an invocation when a fault says so, and answers with the first result', async () => {
  const requestIds: string[] = [];
  const { invoke, settled } = runtimeOf(
    async (_event, { awsRequestId }) => {
      requestIds.push(awsRequestId);
      if (awsRequestId === 'request-1') await setImmediate();
      return awsRequestId;
    },
    { onInvoke: async () => 2 },
  );
  expect(await invoke('toy', {})).toEqual({ ok: true, payload: 'request-2' });
  await settled();
  expect(requestIds).toEqual(['request-1', 'request-2']);
});

test('the function runtime remembers how long each invocation took and how it ended, and nothing of its event', async () => {
  let calls = 0;
  const runtime = runtimeOf(async () => {
    calls += 1;
    if (calls === 2) throw new TypeError('a mistake');
    return new Promise((resolve) => runtime.time.after(150, () => resolve('secret answer')));
  });
  await runtime.time.run(runtime.invoke('toy', { token: 'secret' }));
  await runtime.invoke('toy', {});
  const common = { functionName: 'toy', startedAt: expect.stringMatching(/^2030-01-02T03:04:05/) };
  const second = {
    ...common,
    number: 2,
    requestId: 'request-2',
    durationMs: 0,
    ok: false,
    errorType: 'TypeError',
    errorMessage: 'a mistake',
  };
  expect(runtime.invocations.after(0)).toEqual({
    last: 2,
    invocations: [{ ...common, number: 1, requestId: 'request-1', durationMs: 150, ok: true }, second],
  });
  expect(runtime.invocations.after(1)).toEqual({ last: 2, invocations: [second] });
});

test('the function runtime remembers five hundred invocations', async () => {
  const { invoke, invocations } = runtimeOf(async () => undefined);
  for (let count = 0; count < 501; count += 1) await invoke('toy', {});
  const { last, invocations: kept } = invocations.after(0);
  expect([last, kept.length, kept[0]?.number]).toEqual([501, 500, 2]);
});
