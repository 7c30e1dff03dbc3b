import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runWithEnvironment } from '../../../lib/local/lambda/function-environment.ts';
import { invocationScope } from '../../../lib/local/lambda/function-isolation.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { within } from '../../support/within.ts';
import { EVERYTHING, startToy, type Toy } from '../toy-stack.ts';

let toy: Toy;
let lambda: LambdaClient;
const handlers: Record<string, Handler> = {};
const names = ['caller', 'called'];

beforeEach(async () => {
  const printed: string[] = [];
  toy = {
    ...(await startToy({
      handlers: Object.fromEntries(names.map((name) => [name, async () => undefined])),
      routes: {},
      print: (text) => printed.push(text),
      // Each in its own environment, as functions are that have been loaded from files.
      loader: ({ environmentOf }) => ({
        loadHandler: async (name) => {
          const environment = environmentOf(name);
          return (event, context) =>
            runWithEnvironment(environment, async () => handlers[name]?.(event, context));
        },
      }),
      adapt: (stack) => ({
        ...stack,
        functions: Object.fromEntries(
          names.map((name) => [
            name,
            { environment: { NAME: name }, timeoutSeconds: 30, statements: EVERYTHING },
          ]),
        ),
      }),
    })),
    printed,
  };
  lambda = new LambdaClient({ maxAttempts: 1 });
});
afterEach(async () => {
  lambda.destroy();
  await toy.close();
});

const call = async (FunctionName: string, event: unknown = {}) => {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return JSON.parse(Payload?.transformToString() ?? '');
};

/** What can be seen of whose code is running. */
const whereabouts = () => ({
  name: process.env['NAME'],
  functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
  scope: invocationScope.getStore()?.functionName,
});
const inside = (name: string) => ({ name, functionName: name, scope: name });

/** Something to wait for, and what ends the waiting. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('a function invokes another one while it runs, and each is in its own environment before and after', async () => {
  handlers['called'] = async () => {
    const before = whereabouts();
    await new Promise((resolve) => setImmediate(resolve));
    return [before, whereabouts()];
  };
  handlers['caller'] = async () => [whereabouts(), await call('called'), whereabouts()];
  const [caller, called] = [inside('caller'), inside('called')];
  expect(await call('caller')).toEqual([caller, [called, called], caller]);
  expect(whereabouts()).toEqual({ name: undefined, functionName: undefined, scope: undefined });
  expect(toy.printed).toEqual([]);
});

test('many functions invoke many others on shared sockets, and none is said to call late', async () => {
  handlers['called'] = async (event) => event;
  handlers['caller'] = async (event) => [await call('called', event), await call('called', event)];
  for (let round = 0; round < 2; round += 1) {
    // More than the fifty sockets of a client would deadlock: the callers keep theirs while they wait.
    const numbers = Array.from({ length: 10 }, (_, index) => index);
    const answers = await Promise.all(numbers.map((number) => call('caller', number)));
    expect(answers).toEqual(numbers.map((number) => [number, number]));
  }
  expect(toy.printed).toEqual([]);
});

test('invocations run at the same time', async () => {
  let running = 0;
  const all = gate();
  handlers['called'] = async () => {
    running += 1;
    if (running === 3) all.open();
    await all.opened;
    return running;
  };
  const answers = Promise.all([call('called'), call('called'), call('called')]);
  expect(await within(answers, 'three at the same time')).toEqual([3, 3, 3]);
});

test('a function runs on when its caller hangs up', async () => {
  const [started, goOn, ended] = [gate(), gate(), gate()];
  handlers['called'] = async () => {
    started.open();
    await goOn.opened;
    ended.open();
  };
  const aborter = new AbortController();
  const command = new InvokeCommand({ FunctionName: 'called' });
  const answer = lambda.send(command, { abortSignal: aborter.signal });
  await within(started.opened, 'the function');
  aborter.abort();
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  goOn.open();
  await within(ended.opened, 'the end of the function');
  expect(await call('called')).toBeNull();
  expect(toy.printed).toEqual([]);
});

test('the emulator stops when what runs has ended, calls between functions included, and the caller has its answer', async () => {
  const [started, goOn] = [gate(), gate()];
  handlers['called'] = async () => 'called';
  handlers['caller'] = async () => {
    started.open();
    await goOn.opened;
    return call('called');
  };
  const answer = call('caller');
  await within(started.opened, 'the function');
  const closing = toy.close();
  goOn.open();
  expect(await within(answer, 'the answer')).toBe('called');
  await within(closing, 'the end of the emulator');
});
