import { randomUUID } from 'node:crypto';
import { sampleEvents } from '../lib/protocol/sample-events.ts';
import { type BusAddress, putEvent } from './event-bridge.ts';
import { type Frame, openSmokeClient, type SmokeClient } from './smoke-client.ts';

export interface SmokeTarget {
  url: string;
  token: string;
  room: string;
  address: BusAddress;
  /** Milliseconds that a step may take. */
  patience: number;
}

export class StepFailed extends Error {}

/** Where a person looks when the step fails. */
const lookAt = {
  connect:
    'the URL, which is the output WebSocketUrl of the stack (at home, "npm start" must be running); the log of the connect function',
  auth: 'the token (issuer, audience, expiry, signing key) against the token settings of the stack; the log of the auth function gives the reason',
  subscribe:
    'roomAccess of the stack and the claim "rooms" of the token; the log of the subscribeRoom function',
  event:
    'the name of the bus (output EventBusName), and whether the AWS profile and region of this shell may put events on it (output PublisherPolicyArn)',
  frame:
    'the name of the bus and the region first, because EventBridge accepts events for a bus that does not exist; then the queue event-dead-letters and the log of the broadcast function',
  unsubscribe: 'the log of the unsubscribeRoom function',
  close: 'the network between here and the stage',
} as const;

type StepName = keyof typeof lookAt;
/** Runs one step; `passed` is given what `run` returned and says it in a few words. */
type Take = <Result>(
  name: StepName,
  run: () => Promise<Result>,
  passed: (result: Result) => string,
) => Promise<Result>;

/** One way through the stage, from connect to close. `print` gets each step with its time. Throws StepFailed. */
export async function smoke(target: SmokeTarget, print: (line: string) => void): Promise<void> {
  const take = steps(print);
  const client = await take(
    'connect',
    () => openSmokeClient(target.url, target.patience),
    () => target.url,
  );
  try {
    await converse(target, client, take);
  } finally {
    client.abandon();
  }
}

function steps(print: (line: string) => void): Take {
  return async (name, run, passed) => {
    const startedAt = performance.now();
    const elapsed = () => Math.round(performance.now() - startedAt);
    try {
      const result = await run();
      print(`${name.padEnd(12)}${String(elapsed()).padStart(6)} ms  ${passed(result)}`);
      return result;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new StepFailed(
        `The step "${name}" failed after ${elapsed()} ms: ${problem.replace(/\.$/, '')}. Look at: ${lookAt[name]}.`,
      );
    }
  };
}

async function converse(target: SmokeTarget, client: SmokeClient, take: Take): Promise<void> {
  const { token, room: roomId } = target;
  const inRoom = () => `room ${roomId}`;
  await take(
    'auth',
    () => ask(client, 'auth', { token }, 'auth_success'),
    ({ data }) => `as user ${data?.['userId']}`,
  );
  await take('subscribe', () => ask(client, 'subscribe_room', { roomId }, 'room_subscribed'), inRoom);
  await deliver(target, client, take);
  await take('unsubscribe', () => ask(client, 'unsubscribe_room', { roomId }, 'room_unsubscribed'), inRoom);
  await take(
    'close',
    () => client.close(),
    (code) => `with code ${code}`,
  );
}

async function deliver({ room, address }: SmokeTarget, client: SmokeClient, take: Take): Promise<void> {
  const id = randomUUID();
  const publishedAt = Date.now();
  const data = sampleEvents.order_executed(room, new Date(publishedAt).toISOString());
  await take(
    'event',
    () => putEvent(address, 'order_executed', { roomId: room, data, id, publishedAt }),
    (accepted) => `order_executed accepted as ${accepted}`,
  );
  await take(
    'frame',
    async () => expectType(await client.frame(id, 'the frame of that event'), 'order_executed'),
    () => `${Date.now() - publishedAt} ms after it was published`,
  );
}

async function ask(client: SmokeClient, type: string, data: object, expected: string): Promise<Frame> {
  const id = randomUUID();
  client.send(type, data, id);
  return expectType(await client.frame(id, `the answer ${expected}`), expected);
}

function expectType(frame: Frame, expected: string): Frame {
  if (frame.type === expected) return frame;
  const { code, message } = frame.data ?? {};
  throw new Error(`expected ${expected}, got ${frame.type} ${code}: ${String(message).replace(/\.$/, '')}`);
}
