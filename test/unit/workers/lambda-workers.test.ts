import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import { lambdaWorkers } from '../../../lib/workers/lambda-workers.ts';

const client = new LambdaClient();
const lambda = mockClient(client);
const invokeWorker = lambdaWorkers(client, 'worker-function');
const text = '{"type":"x","data":{"text":"é \\ud800 \u{1F600}"}}';
const work = {
  roomId: 'r',
  slice: { from: 5, to: 10, after: 'row' },
  frames: [text, '{}'],
  limits: { postsPerSecond: 4_500, burst: 2_250 },
};
/** As the SDK gives it. */
const payloadOf = (answer: string) =>
  Object.assign(new TextEncoder().encode(answer), { transformToString: () => answer });
const payload = (value: unknown) => payloadOf(JSON.stringify(value));

beforeEach(() => lambda.reset());

/** An error of Lambda's own, which comes with a status, or one of the network, which has none. */
function errorOf(name: string, httpStatusCode?: number): Error {
  return Object.assign(new Error(name), { name, ...(httpStatusCode && { $metadata: { httpStatusCode } }) });
}

it('a slice that is handed to a worker is one synchronous invocation of the function, with all that it must know', async () => {
  lambda.on(InvokeCommand).resolves({ Payload: payload(NOTHING_DONE) });
  await invokeWorker(work);
  const inputs = lambda.commandCalls(InvokeCommand).map((call) => call.args[0].input);
  expect(inputs).toHaveLength(1);
  expect(inputs[0]?.FunctionName).toBe('worker-function');
  expect(inputs[0]?.InvocationType ?? 'RequestResponse').toBe('RequestResponse');
  expect(JSON.parse(String(inputs[0]?.Payload))).toEqual({
    roomId: 'r',
    slice: { from: 5, to: 10 },
    frames: [text, '{}'],
    limits: { postsPerSecond: 4_500, burst: 2_250 },
  });
});

it('a slice that is handed to a worker returns the numbers that the worker counted', async () => {
  const result = {
    ...NOTHING_DONE,
    delivered: 7,
    posts: 8,
    functions: 1,
    lastDeliveryAt: 1_790_000_000_000,
  };
  lambda.on(InvokeCommand).resolves({ Payload: payload(result) });
  expect(await invokeWorker(work)).toEqual({ outcome: 'done', result });
});

it('a worker that throws, runs out of time or crashes has died, and the error says of what', async () => {
  const answer = { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 60.00 seconds' };
  lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: payload(answer) });
  expect(await invokeWorker(work)).toEqual({
    outcome: 'died',
    error: new Error('Sandbox.Timedout: Task timed out after 60.00 seconds'),
  });
});

it.each([
  ['TooManyRequestsException', 429],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['RequestTooLargeException', 413],
  ['RecursiveInvocationException', 400],
])('a slice that Lambda refuses with %s was not run', async (name, status) => {
  lambda.on(InvokeCommand).rejects(errorOf(name, status));
  expect(await invokeWorker(work)).toMatchObject({ outcome: 'not_run', error: { name } });
});

it.each<[string, Error]>([
  ['an internal error of Lambda', errorOf('ServiceException', 500)],
  ['a broken connection', errorOf('ECONNRESET')],
  ['no answer in time', errorOf('TimeoutError')],
])('a slice whose invocation ends in %s may still be running', async (_, error) => {
  lambda.on(InvokeCommand).rejects(error);
  expect(await invokeWorker(work)).toEqual({ outcome: 'unknown', error });
});

it.each([
  ['nothing', undefined],
  ['no JSON', payloadOf('<html>')],
  ['something else', payload({ delivered: 'many' })],
])('a slice whose worker comes back with %s has an unknown outcome', async (_, answer) => {
  lambda.on(InvokeCommand).resolves(answer === undefined ? {} : { Payload: answer });
  expect(await invokeWorker(work)).toMatchObject({ outcome: 'unknown', error: expect.any(Error) });
});
