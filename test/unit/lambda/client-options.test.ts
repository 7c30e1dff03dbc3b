import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectionDeps } from '../../../lib/lambda/adapters.ts';
import {
  clientOptions,
  invokeOptions,
  MAX_CALL_MS,
  MAX_PATIENT_CALL_MS,
  patientClientOptions,
} from '../../../lib/lambda/client-options.ts';
import { noLog } from '../../support/recording-log.ts';
import { listen } from '../../support/serve-aws-json.ts';

/** An attempt that is cut off takes so long. */
const CALL_TIMEOUT_MS = 2_000;

/** What a service answers, as its own protocol has it. */
interface Answer {
  statusCode: number;
  type: string;
  headers?: Record<string, string>;
}

interface Options {
  maxAttempts: number;
  retryStrategy?: (typeof clientOptions)['retryStrategy'];
}
/** Makes one call, of which `handle` answers each attempt. */
type Call = (options: Options & { requestHandler: { handle(): Promise<never> } }) => Promise<unknown>;

const region = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const calls: Record<'sqs' | 'dynamodb' | 'secrets' | 'lambda', Call> = {
  sqs: (options) =>
    new SQSClient({ ...region, ...options }).send(
      new SendMessageCommand({ QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/q', MessageBody: 'x' }),
    ),
  dynamodb: (options) =>
    new DynamoDBClient({ ...region, ...options }).send(
      new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }),
    ),
  secrets: (options) =>
    new SecretsManagerClient({ ...region, ...options }).send(new GetSecretValueCommand({ SecretId: 's' })),
  lambda: (options) =>
    new LambdaClient({ ...region, ...options }).send(new InvokeCommand({ FunctionName: 'f' })),
};

const throttled: Answer[] = [
  { statusCode: 400, type: 'com.amazonaws.sqs#RequestThrottled' },
  { statusCode: 400, type: 'ProvisionedThroughputExceededException' },
  { statusCode: 400, type: 'ThrottlingException' },
  { statusCode: 429, type: 'TooManyRequestsException' },
];
const transient: Answer[] = [500, 503].map((statusCode) => ({ statusCode, type: 'InternalFailure' }));
const hints: Answer[] = [{ 'retry-after': '20' }, { 'x-amz-retry-after': '20000' }].map((headers) => ({
  statusCode: 503,
  type: 'ThrottlingException',
  headers,
}));

/** How long the installed SDK waits before each attempt but the first, in milliseconds, where every one is answered so. */
async function waitsOf(
  call: Call,
  options: Options,
  { statusCode, type, headers = {} }: Answer,
): Promise<number[]> {
  const at: number[] = [];
  const handle = async () => {
    at.push(Date.now());
    const body = Buffer.from(JSON.stringify({ __type: type, message: 'no' }));
    return { response: { statusCode, headers: { 'x-amzn-errortype': type, ...headers }, body } } as never;
  };
  let isOver = false;
  const { maxAttempts, retryStrategy } = options;
  void call({ maxAttempts, ...(retryStrategy && { retryStrategy }), requestHandler: { handle } }).catch(
    () => {
      isOver = true;
    },
  );
  while (!isOver) {
    await vi.runAllTimersAsync();
    // The SDK reads files before its first attempt.
    await setImmediate();
  }
  return at.slice(1).map((time, index) => time - (at[index] ?? 0));
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  // The longest that chance allows.
  vi.spyOn(Math, 'random').mockReturnValue(0.999);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe.each([
  ['clientOptions', clientOptions, MAX_CALL_MS],
  ['patientClientOptions', patientClientOptions, MAX_PATIENT_CALL_MS],
] as const)('a client of the installed SDK with %s', (_, options, longestMs) => {
  it.each(['sqs', 'dynamodb', 'secrets'] as const)(
    'a client of the AWS SDK for %s takes no longer than is written down, whether it is throttled, fails, or is told to wait',
    async (service) => {
      for (const answer of [...throttled, ...transient, ...hints]) {
        const waits = await waitsOf(calls[service], options, answer);
        const sum = waits.reduce((all, wait) => all + wait, (waits.length + 1) * CALL_TIMEOUT_MS);
        expect(waits, answer.type).toHaveLength(2);
        expect(sum, answer.type).toBeLessThanOrEqual(longestMs);
        expect(sum, answer.type).toBeGreaterThan(longestMs - 10);
      }
    },
  );
});

it('a worker is invoked once, however it is throttled or told to wait', async () => {
  for (const answer of [...throttled, ...transient, ...hints])
    expect(await waitsOf(calls.lambda, invokeOptions, answer), answer.type).toEqual([]);
});

it('throttled clients wait a random time, so that those refused together do not retry together', async () => {
  vi.mocked(Math.random).mockReturnValue(0.25);
  const [answer] = throttled;
  if (answer === undefined) throw new Error('no answer');
  expect(await waitsOf(calls.dynamodb, clientOptions, answer)).toEqual([25, 50]);
});

it('each client has its own retries: one that has used them up takes none from another', () => {
  expect(clientOptions.retryStrategy).not.toBe(clientOptions.retryStrategy);
});

it('a function does not wait for a DynamoDB that hangs: each of three attempts is cut off, and the last one fails the call', async () => {
  let requests = 0;
  const server = await listen(() => {
    requests += 1;
  });
  onTestFinished(() => server.close());
  vi.stubEnv('AWS_ENDPOINT_URL', server.url);
  const { store } = connectionDeps({ TABLE_NAME: 'table', CALLBACK_URL: server.url }, noLog);
  let ended: unknown;
  void store.getConnection('c=').catch((error: unknown) => {
    ended = error;
  });
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    while (requests < attempt) {
      await vi.advanceTimersByTimeAsync(1);
      await setImmediate();
    }
    expect(ended).toBeUndefined();
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS);
  }
  expect(ended).toMatchObject({ name: 'TimeoutError' });
  expect(requests).toBe(3);
});

it('every worker is invoked over a new connection, because a kept one may be broken', async () => {
  const sockets = new Set<Socket>();
  const server = await listen(({ socket }, response) => {
    sockets.add(socket);
    response.end('{}');
  });
  onTestFinished(() => server.close());
  const client = new LambdaClient({ ...region, ...invokeOptions, endpoint: server.url });
  const invoke = () => client.send(new InvokeCommand({ FunctionName: 'w' }));
  await invoke();
  await invoke();
  expect(sockets.size).toBe(2);
});
