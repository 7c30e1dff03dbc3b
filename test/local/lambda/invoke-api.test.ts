import {
  InvalidParameterValueException,
  InvalidRequestContentException,
  type InvokeCommandInput,
  RequestTooLargeException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Faults } from '../../../lib/local/faults.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import type { ManualTime } from '../../support/manual-time.ts';
import { within } from '../../support/within.ts';
import type { Toy } from '../toy-stack.ts';
import { type Greeting, startGreeting } from './greeting.ts';

const MB = 1024 * 1024;
const MINUTE = 60_000;
const PATH = '/2015-03-31/functions/greet/invocations';
const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };

let greeting: Greeting;
let invoke: Greeting['invoke'];
let toy: Toy;
let time: ManualTime;
let events: unknown[];
let handlers: Record<string, Handler>;
let faults: Faults;

beforeEach(async () => {
  greeting = await startGreeting();
  ({ toy, time, events, handlers, faults, invoke } = greeting);
});
afterEach(() => greeting.close());

const errorOf = (input: Partial<InvokeCommandInput>) => invoke(input).catch((thrown) => thrown);
const nothing = { text: '', functionError: undefined, version: undefined };
const textOf = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;

const post = (path: string, init: RequestInit = {}) =>
  fetch(`${toy.endpoint}${path}`, { method: 'POST', headers: signed, ...init });

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (6 MB, an event 1 MB)
test('a synchronous invocation answers what the function returned, as JSON, with the version that ran', async () => {
  expect(await invoke({ Payload: '{"name":"Ünal"}' })).toEqual({
    status: 200,
    version: '$LATEST',
    functionError: undefined,
    text: '{"greeted":{"name":"Ünal"}}',
  });
  expect(events).toEqual([{ name: 'Ünal' }]);
});

test('a synchronous invocation answers null for a function that returns nothing', async () => {
  handlers['greet'] = async () => undefined;
  expect((await invoke({ InvocationType: 'RequestResponse', LogType: 'Tail' })).text).toBe('null');
});

test.each<[Partial<InvokeCommandInput>, unknown]>([
  [{}, {}],
  [{ Payload: '' }, {}],
  [{ Payload: 'null' }, null],
  [{ Payload: '"text"' }, 'text'],
  [{ Payload: '\ufeff[1]' }, [1]],
])('a synchronous invocation with %j gives the function the event %j', async (input, event) => {
  await invoke(input);
  expect(events).toEqual([event]);
});

test('a synchronous invocation answers an error of the function as the Node runtime does, marked only by the header', async () => {
  handlers['greet'] = async () => {
    throw new TypeError('no such name');
  };
  const { text, ...answer } = await invoke();
  expect(answer).toEqual({ status: 200, functionError: 'Unhandled', version: '$LATEST' });
  const error = JSON.parse(text);
  expect(Object.keys(error)).toEqual(['errorType', 'errorMessage', 'trace']);
  expect(error).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such name' });
  expect(error.trace[0]).toBe('TypeError: no such name');
  expect(error.trace[1]).toContain('invoke-api.test.ts');
});

test('a synchronous invocation answers a timeout as an error of the function', async () => {
  const started = new Promise<void>((resolve) => {
    handlers['greet'] = () => {
      resolve();
      return new Promise(() => undefined);
    };
  });
  const answer = invoke();
  await within(started, 'the function');
  await time.advance(3_000);
  const { status, functionError, text } = await within(answer, 'the timeout');
  expect({ status, functionError }).toEqual({ status: 200, functionError: 'Unhandled' });
  expect(JSON.parse(text)).toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 3\.00 seconds$/),
  });
});

test('a synchronous invocation takes 6 MB, and answers 413 to one byte more without running the function', async () => {
  handlers['greet'] = async (event) => events.push((event as string).length);
  expect((await invoke({ Payload: textOf(6 * MB) })).functionError).toBeUndefined();
  const error = await errorOf({ Payload: textOf(6 * MB + 1) });
  expect(error).toBeInstanceOf(RequestTooLargeException);
  expect(error).toMatchObject({ Type: 'User', $metadata: { httpStatusCode: 413 } });
  expect(events).toEqual([6 * MB - 2]);
});

test('a synchronous invocation answers up to the 6,291,556 bytes that Lambda sends on, and an error of the function beyond', async () => {
  handlers['greet'] = async (event) => 'x'.repeat(event as number);
  expect((await invoke({ Payload: '6291554' })).text).toHaveLength(6_291_556);
  const { functionError, text } = await invoke({ Payload: '6291555' });
  expect(functionError).toBe('Unhandled');
  expect(JSON.parse(text)).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  });
});

const asynchronous = { InvocationType: 'Event' } as const;

test('an asynchronous invocation is accepted with 202 while the function has yet to answer', async () => {
  const ended = new Promise<unknown>((resolve) => {
    handlers['greet'] = async (event) => {
      await accepted;
      resolve(event);
    };
  });
  const accepted = invoke({ ...asynchronous, Payload: '{"name":"alice"}' });
  expect(await within(accepted, 'the answer')).toEqual({ ...nothing, status: 202 });
  expect(await within(ended, 'the function')).toEqual({ name: 'alice' });
});

test('an asynchronous invocation is repeated a minute later when the function fails', async () => {
  handlers['greet'] = async (event) => {
    events.push(event);
    if (events.length === 1) throw new Error('once');
  };
  await invoke(asynchronous);
  await expect.poll(() => toy.printed).toHaveLength(1);
  await time.advance(MINUTE - 1);
  expect(events).toEqual([{}]);
  await time.advance(1);
  expect(events).toEqual([{}, {}]);
});

test('an asynchronous invocation takes 1 MB, and answers 413 to one byte more without running the function', async () => {
  handlers['greet'] = async (event) => events.push((event as string).length);
  expect((await invoke({ ...asynchronous, Payload: textOf(MB) })).status).toBe(202);
  await expect(invoke({ ...asynchronous, Payload: textOf(MB + 1) })).rejects.toThrow(
    RequestTooLargeException,
  );
  await expect.poll(() => events).toEqual([MB - 2]);
});

test('a dry run answers 204 and runs nothing', async () => {
  expect(await invoke({ InvocationType: 'DryRun' })).toEqual({ ...nothing, status: 204 });
  expect(events).toEqual([]);
});

test.each([
  'greet',
  'greet:$LATEST',
  'function:greet',
  '123456789012:function:greet',
  '123456789012:function:greet:$LATEST',
  'arn:aws:lambda:eu-west-1:123456789012:function:greet',
  'arn:aws:lambda:eu-west-1:000000000000:function:greet:$LATEST',
])('a function may be named %s', async (FunctionName) => {
  expect((await invoke({ FunctionName, Payload: '7' })).text).toBe('{"greeted":7}');
  expect((await invoke({ FunctionName, Qualifier: '$LATEST', Payload: '8' })).text).toBe('{"greeted":8}');
});

test.each<[string, string | undefined, string]>([
  ['nobody', undefined, 'arn:aws:lambda:eu-west-1:000000000000:function:nobody:$LATEST'],
  ['constructor', undefined, 'arn:aws:lambda:eu-west-1:000000000000:function:constructor:$LATEST'],
  ['greet:1', undefined, 'arn:aws:lambda:eu-west-1:000000000000:function:greet:1'],
  ['greet', 'live', 'arn:aws:lambda:eu-west-1:000000000000:function:greet:live'],
])(
  'a function named %s with qualifier %s is not found, however it is invoked',
  async (FunctionName, Qualifier, arn) => {
    for (const InvocationType of ['RequestResponse', 'Event', 'DryRun'] as const) {
      const error = await errorOf({ FunctionName, Qualifier, InvocationType });
      expect(error).toBeInstanceOf(ResourceNotFoundException);
      expect(error).toMatchObject({
        Type: 'User',
        message: `Function not found: ${arn}`,
        $metadata: { httpStatusCode: 404 },
      });
    }
  },
);

test('a function of another region is not found', async () => {
  const FunctionName = 'arn:aws:lambda:us-east-1:000000000000:function:greet';
  const error = await errorOf({ FunctionName });
  expect(error).toBeInstanceOf(ResourceNotFoundException);
  expect(error.message).toContain("'us-east-1' are not reachable in this region ('eu-west-1')");
});

test('a function with two qualifiers that differ is refused', async () => {
  const inviting = invoke({ FunctionName: 'greet:live', Qualifier: '$LATEST' });
  await expect(inviting).rejects.toThrow(InvalidParameterValueException);
});

test.each(['%', '%2F', 'a%20b', 'arn%3Aaws%3As3%3A%3A%3Agreet', 'greet%3A'])(
  'a function cannot be called %s',
  async (name) => {
    const answer = await post(`/2015-03-31/functions/${name}/invocations`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toBe('ValidationException');
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining("at 'functionName'") });
    expect(events).toEqual([]);
  },
);

test.each<[string, string | Uint8Array]>([
  ['is cut', '{"name":'],
  ['is no JSON', 'hello'],
  ['is no UTF-8', Uint8Array.of(0x22, 0x97, 0x22)],
  ['is nested deeper than a process can copy', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
])('a request whose payload %s is refused', async (_, Payload) => {
  for (const InvocationType of ['RequestResponse', 'Event', 'DryRun'] as const) {
    const error = await errorOf({ Payload, InvocationType });
    expect(error).toBeInstanceOf(InvalidRequestContentException);
    expect(error).toMatchObject({ Type: 'User', $metadata: { httpStatusCode: 400 } });
    expect(error.message).toMatch(/^Could not parse request body into json: .{10}/);
  }
  expect(events).toEqual([]);
});

test('a request with an invocation type that does not exist is refused', async () => {
  const inviting = invoke({ InvocationType: 'Later' as 'Event' });
  await expect(inviting).rejects.toThrow(InvalidParameterValueException);
  expect(events).toEqual([]);
});

test.each([undefined, 'Bearer token'])(
  'a request that is not signed (%s) is refused',
  async (authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const answer = await post(PATH, { headers, body: '{}' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(await answer.json()).toEqual({ message: 'Missing Authentication Token' });
    expect(events).toEqual([]);
  },
);

test('a request with another method finds nothing', async () => {
  expect((await post(PATH, { method: 'PUT' })).status).toBe(404);
  expect(events).toEqual([]);
});

test('errors have the members of the service, written as it writes them', async () => {
  const missing = await post('/2015-03-31/functions/nobody/invocations');
  expect(await missing.json()).toEqual({
    Type: 'User',
    Message: 'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:nobody:$LATEST',
  });
  faults.onCall = async () => 'throttle';
  const throttled = await post(PATH);
  expect(await throttled.json()).toEqual({
    Reason: 'CallerRateLimitExceeded',
    Type: 'User',
    message: 'Rate exceeded',
  });
});
