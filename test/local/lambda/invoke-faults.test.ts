import {
  InvokeCommand,
  type InvokeCommandInput,
  type LambdaClient,
  ServiceException,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AwsCall, Faults } from '../../../lib/local/faults.ts';
import { within } from '../../support/within.ts';
import { type Greeting, startGreeting } from './greeting.ts';

let greeting: Greeting;
let invoke: Greeting['invoke'];
let lambda: LambdaClient;
let events: unknown[];
let faults: Faults;

beforeEach(async () => {
  greeting = await startGreeting();
  ({ lambda, events, faults, invoke } = greeting);
});
afterEach(() => greeting.close());

const errorOf = (input: Partial<InvokeCommandInput>) => invoke(input).catch((thrown) => thrown);

test('a fault of Lambda is asked with the function name, and throttles with the error and reason of Lambda', async () => {
  const calls: AwsCall[] = [];
  faults.onCall = async (call) => {
    calls.push(call);
    return 'throttle';
  };
  const error = await errorOf({ FunctionName: '123456789012:function:greet' });
  expect(error).toBeInstanceOf(TooManyRequestsException);
  expect(error).toMatchObject({
    Type: 'User',
    Reason: 'CallerRateLimitExceeded',
    retryAfterSeconds: '1',
    message: 'Rate exceeded',
    $metadata: { httpStatusCode: 429 },
  });
  expect(calls).toEqual([{ service: 'lambda', operation: 'Invoke', functionName: 'greet' }]);
  expect(events).toEqual([]);
});

test('a fault of Lambda fails with a ServiceException, drops the connection or never answers', async () => {
  const plan: ('fail' | 'drop' | 'hang')[] = ['fail', 'drop', 'hang'];
  let isHanging: () => void = () => undefined;
  const hanging = new Promise<void>((resolve) => {
    isHanging = resolve;
  });
  faults.onCall = async () => {
    if (plan[0] === 'hang') isHanging();
    return plan.shift();
  };
  const failure = await errorOf({});
  expect(failure).toBeInstanceOf(ServiceException);
  expect(failure).toMatchObject({ Type: 'Service', $metadata: { httpStatusCode: 500 } });
  await expect(invoke()).rejects.toMatchObject({ code: 'ECONNRESET' });
  const aborter = new AbortController();
  const answer = lambda.send(new InvokeCommand({ FunctionName: 'greet' }), { abortSignal: aborter.signal });
  await within(hanging, 'the call that hangs');
  aborter.abort();
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  expect(events).toEqual([]);
});

test('a fault that repeats an invocation runs the function twice and gives the caller one answer', async () => {
  faults.onInvoke = async ({ functionName }) => (functionName === 'greet' ? 2 : 1);
  expect((await invoke({ Payload: '7' })).text).toBe('{"greeted":7}');
  expect(events).toEqual([7, 7]);
});

test('a fault that loses an invocation lets the caller see an error at once', async () => {
  faults.onInvoke = async () => 0;
  const { status, functionError, text } = await invoke();
  expect({ status, functionError }).toEqual({ status: 200, functionError: 'Unhandled' });
  expect(JSON.parse(text)).toMatchObject({ errorType: 'Local.Lost' });
  expect(events).toEqual([]);
});
