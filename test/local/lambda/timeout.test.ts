import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { StackDescription } from '../../../lib/local/description.ts';
import type { Faults } from '../../../lib/local/faults.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { connect } from '../../support/test-client.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const QUEUES = 'http://localhost/000000000000';
const TIMED_OUT = 'Task timed out after 3.00 seconds';

let toy: Toy;
let time: ManualTime;
let faults: Faults;
let sqs: SQSClient;
let lambda: LambdaClient;
let events: EventBridgeClient;
let isRunning: boolean;
let openGate: () => void;
/** What the function still does when the test opens the gate. */
let late: () => Promise<unknown>;
/** How that ended; undefined until it begins. */
let ending: Promise<unknown> | undefined;
const handlers: Record<string, Handler> = {};

const send = () => sqs.send(new SendMessageCommand({ QueueUrl: `${QUEUES}/landed`, MessageBody: 'x' }));

async function landed(): Promise<number> {
  const receive = new ReceiveMessageCommand({ QueueUrl: `${QUEUES}/landed`, MaxNumberOfMessages: 10 });
  return (await sqs.send(receive)).Messages?.length ?? 0;
}

function adapt(stack: StackDescription): StackDescription {
  const queue = { delaySeconds: 0, visibilityTimeoutSeconds: 60 };
  const statements = [{ actions: ['sqs:*'], resources: ['*'] }];
  const functions = Object.fromEntries(
    Object.keys(handlers).map((name) => [name, { environment: {}, timeoutSeconds: 3, statements }]),
  );
  return {
    ...stack,
    functions,
    eventBus: { name: 'toy', rules: [{ name: 'all', pattern: { source: ['toy'] }, function: 'slow' }] },
    queues: {
      landed: queue,
      jobs: { ...queue, consumer: { function: 'slow', batchSize: 10, reportBatchItemFailures: false } },
    },
  };
}

beforeEach(async () => {
  time = manualTime();
  faults = {};
  isRunning = false;
  ending = undefined;
  late = send;
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  handlers['slow'] = async () => {
    isRunning = true;
    await gate;
    ending = late().then(
      () => 'landed',
      () => 'cut off',
    );
    return ending;
  };
  handlers['quick'] = async () => send();
  toy = await startToy({
    handlers,
    routes: { $default: 'slow!' },
    time,
    adapt,
    faults: { onCall: async (call) => faults.onCall?.(call) },
    loader: () => ({ loadHandler: async (name) => handlers[name] as Handler }),
  });
  const options = { endpoint: toy.endpoint, maxAttempts: 1 };
  sqs = new SQSClient(options);
  lambda = new LambdaClient(options);
  events = new EventBridgeClient(options);
});
afterEach(async () => {
  openGate();
  await ending;
  for (const client of [sqs, lambda, events]) client.destroy();
  await toy.close();
});

const isStarted = () => expect.poll(() => isRunning).toBe(true);
const invoke = (InvocationType: 'Event' | 'RequestResponse') =>
  lambda.send(new InvokeCommand({ FunctionName: 'slow', InvocationType }));
const entry = { EventBusName: 'toy', Source: 'toy', DetailType: 'toy', Detail: '{}' };

/** Each way to invoke a function; resolves with what the one who invokes it is told. */
const ways: [string, () => Promise<unknown>][] = [
  [
    'a message of a client',
    async () => {
      const client = await connect(toy.endpoint);
      client.send('x');
      return client.next();
    },
  ],
  ['Invoke', async () => new TextDecoder().decode((await invoke('RequestResponse')).Payload)],
  ['an asynchronous Invoke', () => invoke('Event')],
  ['a queue', () => sqs.send(new SendMessageCommand({ QueueUrl: `${QUEUES}/jobs`, MessageBody: 'work' }))],
  ['a rule', () => events.send(new PutEventsCommand({ Entries: [entry] }))],
];

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html: "When the specified timeout is reached, Lambda
// stops the function." And https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: a function that
// times out has its environment reset, its runtime shut down. Module state, which AWS loses then, is kept here.
test.each(ways)(
  'a function that is invoked by %s is ended at its timeout, and calls AWS no more',
  async (_way, start) => {
    const told = start();
    await isStarted();
    await time.advance(2_999);
    expect(toy.printed).toEqual([]);
    await time.advance(1);
    await expect.poll(() => toy.printed[0]).toContain(TIMED_OUT);
    await told;
    openGate();
    await expect.poll(() => ending).toBe('cut off');
    expect(await landed()).toBe(0);
    expect(toy.printed.at(-1)).toMatch(
      /^slow .* called AmazonSQS\.SendMessage after it had ended\. Lambda kills/,
    );
  },
);

test('a function that runs into its timeout answers its caller with the timeout error', async () => {
  const told = invoke('RequestResponse');
  await isStarted();
  await time.advance(3_000);
  const { StatusCode, FunctionError, Payload } = await told;
  expect([StatusCode, FunctionError]).toEqual([200, 'Unhandled']);
  expect(JSON.parse(new TextDecoder().decode(Payload))).toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringContaining(TIMED_OUT),
  });
});

test('a call that a function sent before its timeout still lands', async () => {
  let isSent = false;
  let serve: () => void = () => undefined;
  faults = {
    onCall: async () => {
      isSent = true;
      await new Promise<void>((resolve) => {
        serve = resolve;
      });
      return undefined;
    },
  };
  openGate();
  const invoked = toy.invoke('slow', {});
  await expect.poll(() => isSent).toBe(true);
  await time.advance(3_000);
  expect(await invoked).toMatchObject({ ok: false });
  faults = {};
  serve();
  await expect.poll(() => ending).toBe('landed');
  expect(await landed()).toBe(1);
});

test('a call with fetch after the timeout of a function is cut off, on a new connection and on one that others have used', async () => {
  late = () => fetch(`${toy.endpoint}/dev/connections`);
  await fetch(toy.endpoint);
  const invoked = toy.invoke('slow', {});
  await isStarted();
  await time.advance(3_000);
  await invoked;
  openGate();
  await expect.poll(() => ending).toBe('cut off');
  await expect(fetch(toy.endpoint)).resolves.toMatchObject({ status: 200 });
});

test('a WebSocket that a function opens after its timeout is cut off', async () => {
  late = () => once(new WebSocket(toy.endpoint.replace('http', 'ws')), 'open');
  const invoked = toy.invoke('slow', {});
  await isStarted();
  await time.advance(3_000);
  await invoked;
  openGate();
  await expect.poll(() => ending).toBe('cut off');
});

test('only the function that timed out is cut off, and not another on the same connection', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = () =>
    new Promise((resolve, reject) => {
      httpRequest(toy.endpoint, { agent }, (response) => response.resume().once('end', resolve))
        .once('error', reject)
        .end();
    });
  handlers['quick'] = get;
  late = get;
  expect(await toy.invoke('quick', {})).toMatchObject({ ok: true });
  const invoked = toy.invoke('slow', {});
  await isStarted();
  await time.advance(3_000);
  await invoked;
  expect(await toy.invoke('quick', {})).toMatchObject({ ok: true });
  openGate();
  await expect.poll(() => ending).toBe('cut off');
  expect(await toy.invoke('quick', {})).toMatchObject({ ok: true });
  agent.destroy();
});

test('a function that called process.exit calls AWS no more', async () => {
  handlers['slow'] = async () => {
    ending = new Promise<void>((resolve) => setImmediate(resolve)).then(send).catch(() => 'cut off');
    process.exit(1);
  };
  expect(await toy.invoke('slow', {})).toMatchObject({ error: { errorType: 'Runtime.ExitError' } });
  await expect.poll(() => ending).toBe('cut off');
  expect(await landed()).toBe(0);
});

test('what a function writes after its timeout is not shown', async () => {
  late = async () => void process.stdout.write('still here\n');
  const invoked = toy.invoke('slow', {});
  await isStarted();
  await time.advance(3_000);
  await invoked;
  openGate();
  await expect.poll(() => ending).toBe('landed');
  expect(toy.printed).toEqual([expect.stringContaining(TIMED_OUT)]);
});
