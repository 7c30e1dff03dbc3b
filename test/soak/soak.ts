import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { RETAINED_VALUE_TTL_MS } from '../../lib/core/stream/cursor.ts';
import { systemTime, type Time } from '../../lib/local/time.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { createCrowd } from './crowd.ts';
import { type Memory, measureMemory } from './memory.ts';
import { startTrade, takeDeadLetters } from './trade.ts';

const ROOMS = Array.from({ length: 5 }, (_, index) => `room-${index}`);
/** Of this many `$disconnect`s one is lost. */
const LOSE_ONE_IN = 10;
const BEYOND_EVERY_TTL_MS = RETAINED_VALUE_TTL_MS + 60 * 60 * 1000;

export interface SoakOptions {
  /** Whether the load has lasted long enough for the first memory to be measured. */
  isWarm(done: Done): boolean;
  onBegin?(before: Memory): void;
  /** Whether the load may end. */
  isOver(done: Done): boolean;
  /** How long nothing is done before a memory is measured: idle sockets are closed after 75 seconds. */
  restMs: number;
  sampleEveryMs?: number;
  onSample?(sample: Sample): void;
}

/** Since the start, what comes before the first memory included. */
export interface Done {
  rounds: number;
  /** Of functions. */
  invocations: number;
}

export interface Sample extends Memory {
  /** Since the first memory was measured. */
  seconds: number;
  connections: number;
  rows: number;
}

export interface SoakResult {
  /** Without a connection, a message or a row. */
  before: Memory;
  after: Memory;
  /** After every TTL has passed. */
  rowsLeft: number;
  connectionsLeft: number;
  rounds: number;
  frames: number;
  recoveries: number;
  snapshots: number;
  interrupted: number;
  events: number;
  badEvents: number;
  deadLetters: number;
}

/**
 * Clients connect, authenticate, subscribe, recover, hear events and leave, while events are put; then what is left of it.
 * The stack and its clients are in this process.
 */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  let ahead = 0;
  const time: Time = { now: () => Date.now() + ahead, after: systemTime.after };
  let invocations = 0;
  const keepsDisconnect = losingDisconnects();
  const stack = await startStack({
    time,
    faults: {
      async onInvoke({ functionName }) {
        invocations += 1;
        return keepsDisconnect(functionName) ? 1 : 0;
      },
    },
    environment: { AUTH_DEADLINE_SECONDS: '1' },
  });
  const crowd = createCrowd(stack, ROOMS, await stack.token('alice', { expiresIn: 24 * 60 * 60 }));
  let deadLetters = 0;

  async function quietMemory(): Promise<Memory> {
    await isQuiet(stack);
    deadLetters += await takeDeadLetters(stack);
    ahead = BEYOND_EVERY_TTL_MS;
    await stack.sweepTimeToLive();
    ahead = 0;
    await sleep(options.restMs);
    forgetPrinted(stack);
    return measureMemory();
  }

  const trade = startTrade(stack, ROOMS);
  await crowd.run((rounds) => options.isWarm({ rounds, invocations }));
  await trade.stop();
  const before = await quietMemory();
  options.onBegin?.(before);

  const going = startTrade(stack, ROOMS);
  const stopSampling = sampling(stack, options);
  await crowd.run((rounds) => options.isOver({ rounds, invocations }));
  await stopSampling();
  await going.stop();
  const after = await quietMemory();

  const rowsLeft = (await stack.rows()).length;
  const connectionsLeft = stack.connections().length;
  await stack.close();
  const { events, badEvents } = added(trade.counts, going.counts);
  return { before, after, rowsLeft, connectionsLeft, ...crowd.counts, events, badEvents, deadLetters };
}

/** Whether a function is invoked at all: one `$disconnect` of so many is lost. */
function losingDisconnects(): (functionName: string) => boolean {
  let disconnects = 0;
  return (functionName) => {
    if (functionName !== 'disconnect') return true;
    disconnects += 1;
    return disconnects % LOSE_ONE_IN !== 0;
  };
}

function sampling(stack: Stack, { sampleEveryMs, onSample }: SoakOptions): () => Promise<void> {
  if (sampleEveryMs === undefined) return async () => undefined;
  const began = Date.now();
  let running: Promise<unknown> = Promise.resolve();
  const take = async () => {
    const rows = (await stack.rows()).length;
    const connections = stack.connections().length;
    const seconds = Math.round((Date.now() - began) / 1000);
    forgetPrinted(stack);
    onSample?.({ seconds, connections, rows, ...(await measureMemory()) });
  };
  const timer = setInterval(() => {
    running = Promise.all([running, take()]);
  }, sampleEveryMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

function added(one: { events: number; badEvents: number }, other: { events: number; badEvents: number }) {
  return { events: one.events + other.events, badEvents: one.badEvents + other.badEvents };
}

/** What a terminal would have scrolled away; not what fails the end of a stack. */
function forgetPrinted({ printed }: Stack): void {
  printed.splice(0, printed.length, ...printed.filter((line) => line.startsWith('iam: ')));
}

/** Resolves once no connection, no deadline and no event is under way. */
async function isQuiet(stack: Stack): Promise<void> {
  const waiting = async (queue: string) => {
    const QueueUrl = `${stack.endpoint}/000000000000/${LOCAL_NAME}-${queue}`;
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    const { Attributes: attributes = {} } = await stack.application.sqs.send(command);
    const {
      ApproximateNumberOfMessages: visible,
      ApproximateNumberOfMessagesDelayed: delayed,
      ApproximateNumberOfMessagesNotVisible: received,
    } = attributes;
    return Number(visible) + Number(delayed) + Number(received);
  };
  const isBusy = async () =>
    stack.connections().length > 0 ||
    (await waiting('auth-deadline')) + (await waiting('room-events.fifo')) > 0;
  while (await isBusy()) await sleep(50);
}
