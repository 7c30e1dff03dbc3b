import { beforeEach, expect, test } from 'vitest';
import type { LambdaFunction } from '../../../lib/local/description.ts';
import type { InvocationResult } from '../../../lib/local/invoke.ts';
import { createInvokeAsynchronously } from '../../../lib/local/lambda/invoke-asynchronously.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const throttled: InvocationResult = {
  ok: false,
  throttled: true,
  error: { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.', trace: [] },
};
const failure: InvocationResult = {
  ok: false,
  error: { errorType: 'TypeError', errorMessage: 'no such order', trace: ['at handler'] },
};

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
let time: ManualTime;
let printed: string[];
let queued: { queueName: string; body: unknown }[];
let attempts: { at: number; event: unknown }[];
let results: InvocationResult[];

const invoker = (asynchronous?: LambdaFunction['asynchronous']) =>
  createInvokeAsynchronously({
    functions: {
      greet: { environment: {}, timeoutSeconds: 3, statements: [], ...(asynchronous && { asynchronous }) },
    },
    region: 'eu-west-1',
    invoke: async (_functionName, event) => {
      attempts.push({ at: time.now() - START, event: structuredClone(event) });
      (event as { changed?: boolean }).changed = true;
      return results.shift() ?? failure;
    },
    sendToQueue: (queueName, { body }) => queued.push({ queueName, body: JSON.parse(body) }),
    time,
    newId: () => 'request-1',
    print: (line) => printed.push(line),
  });

beforeEach(() => {
  time = manualTime(START);
  [printed, queued, attempts, results] = [[], [], [], []];
});

test('an asynchronous invocation is made once when the function succeeds', async () => {
  results = [{ ok: true, payload: null }];
  invoker()('greet', '{"to":"alice"}');
  await time.advance(10 * MINUTE);
  expect(attempts).toEqual([{ at: 0, event: { to: 'alice' } }]);
  expect(printed).toEqual([]);
});

test('an asynchronous invocation is repeated after one minute and after two more, with the event as it was sent', async () => {
  invoker()('greet', '{"to":"alice"}');
  await time.advance(60 * MINUTE);
  expect(attempts).toEqual([0, MINUTE, 3 * MINUTE].map((at) => ({ at, event: { to: 'alice' } })));
});

test('an asynchronous invocation ends with the first success', async () => {
  results = [failure, { ok: true, payload: null }];
  invoker()('greet', '{}');
  await time.advance(60 * MINUTE);
  expect(attempts).toHaveLength(2);
  expect(printed).toEqual([]);
});

test.each([0, 1, 2] as const)(
  'an asynchronous invocation is repeated at most %i times when the function says so',
  async (retries) => {
    invoker({ maximumRetryAttempts: retries, maximumEventAgeSeconds: 3600 })('greet', '{}');
    await time.advance(60 * MINUTE);
    expect(attempts).toHaveLength(retries + 1);
  },
);

test('an asynchronous invocation sends the record of its failure to the queue once its retries are exhausted', async () => {
  const settings = {
    maximumRetryAttempts: 1,
    maximumEventAgeSeconds: 3600,
    onFailureQueue: 'lost',
  } as const;
  invoker(settings)('greet', '{"to":"alice"}');
  await time.advance(60 * MINUTE);
  expect(queued).toEqual([
    {
      queueName: 'lost',
      body: {
        version: '1.0',
        timestamp: '2026-01-01T00:01:00.000Z',
        requestContext: {
          requestId: 'request-1',
          functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:greet:$LATEST',
          condition: 'RetriesExhausted',
          approximateInvokeCount: 2,
        },
        requestPayload: { to: 'alice' },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorType: 'TypeError', errorMessage: 'no such order', trace: ['at handler'] },
      },
    },
  ]);
  expect(printed).toHaveLength(1);
  expect(printed[0]).toContain('greet');
  expect(printed[0]).toContain('lost');
});

test('an asynchronous invocation is given up when a retry would come after the maximum age of an event', async () => {
  const settings = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 90, onFailureQueue: 'lost' } as const;
  invoker(settings)('greet', '{}');
  await time.advance(60 * MINUTE);
  expect(attempts.map(({ at }) => at)).toEqual([0, MINUTE]);
  expect(queued[0]?.body).toMatchObject({
    requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 2 },
  });
});

test('an asynchronous invocation is tried after 1, 2, 4 s and so on, at most five minutes, while the function is throttled', async () => {
  results = Array.from({ length: 12 }, () => throttled);
  results.push({ ok: true, payload: null });
  invoker()('greet', '{}');
  await time.advance(60 * MINUTE);
  const waits = attempts.slice(1).map(({ at }, index) => (at - (attempts[index]?.at ?? 0)) / 1000);
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  expect(printed).toEqual([]);
});

test('an asynchronous invocation has all its retries, with the same waits, when it fails after it was throttled', async () => {
  results = [throttled, failure, throttled, throttled, failure, failure];
  invoker()('greet', '{}');
  await time.advance(60 * MINUTE);
  const seconds = attempts.map(({ at }) => at / 1000);
  expect(seconds).toEqual([0, 1, 61, 62, 64, 184]);
  expect(printed).toEqual([expect.stringContaining('greet failed 3 times')]);
});

test('an asynchronous invocation is given up when it was throttled until it was too old, without the answer that it never had', async () => {
  results = Array.from({ length: 100 }, () => throttled);
  const settings = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 60, onFailureQueue: 'lost' } as const;
  invoker(settings)('greet', '{}');
  await time.advance(60 * MINUTE);
  expect(attempts.map(({ at }) => at / 1000)).toEqual([0, 1, 3, 7, 15, 31]);
  expect(queued[0]?.body).toMatchObject({
    requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 },
  });
  expect(queued[0]?.body).not.toHaveProperty('responsePayload');
});

test('an asynchronous invocation is lost with one line when there is no queue for failures', async () => {
  invoker({ maximumRetryAttempts: 0, maximumEventAgeSeconds: 60 })('greet', '{"secret":"word"}');
  await time.advance(MINUTE);
  expect(queued).toEqual([]);
  expect(printed).toEqual([expect.stringContaining('lost')]);
  expect(printed[0]).not.toContain('word');
});
