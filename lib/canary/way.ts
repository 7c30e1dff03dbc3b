import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Clock } from '../core/ports.ts';
import type { Cursor, RoomLog } from '../core/room-log.ts';
import { sampleEvents } from '../protocol/sample-events.ts';
import { type Frame, openStageClient, type StageClient } from './stage-client.ts';
import type { Take } from './steps.ts';

/** What every way needs: where its events go. */
export interface BusTarget {
  room: string;
  /** Puts an event on the bus, as a service does, and returns EventBridge's id of it. */
  put: (type: string, detail: object) => Promise<string>;
  /** The two events have the ids `<runId>:1` and `<runId>:2`. */
  runId: string;
  /** Milliseconds that each wait may take. */
  patience: number;
}

export interface StageTarget extends BusTarget {
  /** `wss://…`, as clients connect. */
  url: string;
  token: string;
  /** When it is aborted, connections are dropped, also one that is just being opened. */
  signal?: AbortSignal;
}

export interface LogTarget extends BusTarget {
  roomLog: Pick<RoomLog, 'readCursor' | 'readEvents'>;
  clock: Clock;
  sleep: (milliseconds: number) => Promise<void>;
}

interface Position {
  epoch: unknown;
  seq: unknown;
}

/**
 * Goes through the stage as a client does: connects, authenticates, subscribes, gets an event, loses its connection,
 * recovers the second event, unsubscribes and closes. Not with the project's client: it never subscribes with a `since`
 * older than its newest frame, so it cannot prove recovery. Rejects with StepFailed.
 */
export async function goThroughStage(target: StageTarget, take: Take): Promise<void> {
  const { token, room: roomId, patience, url, signal } = target;
  const inRoom = () => `room ${roomId}`;
  const authenticate = (client: StageClient) => ask(client, 'auth', { token }, 'auth_success');
  const open: StageClient[] = [];
  const connect = async () => {
    const client = await openStageClient(url, patience, signal);
    open.push(client);
    return client;
  };
  try {
    const first = await take('connect', connect, () => url);
    await take(
      'auth',
      () => authenticate(first),
      ({ data }) => `as user ${data?.['userId']}`,
    );
    await take('subscribe', () => ask(first, 'subscribe_room', { roomId }, 'room_subscribed'), inRoom);
    const since = await deliver(target, first, take);
    await take(
      'missed',
      async () => {
        await putState(target, 2);
        return first.frame(eventId(target, 2), 'the frame of the second event');
      },
      ({ seq }) => `frame ${seq}, which the next connection will not have got`,
    );
    first.abandon();
    const second = await take(
      'reconnect',
      async () => {
        const client = await connect();
        await authenticate(client);
        return client;
      },
      () => 'the first connection was dropped',
    );
    await take(
      'recover',
      () => recover(target, second, since),
      () => 'recovered, exactly the second event',
    );
    await take('unsubscribe', () => ask(second, 'unsubscribe_room', { roomId }, 'room_unsubscribed'), inRoom);
    await take(
      'close',
      () => second.close(),
      (code) => `with code ${code}`,
    );
  } finally {
    for (const client of open) client.abandon();
  }
}

const LOOK_EVERY_MS = 200;

/**
 * Without a token: puts an event on the bus and waits until the log of its room has grown. It does not check API
 * Gateway, the functions of client messages, or posts. Rejects with StepFailed.
 */
export async function goThroughBus(target: LogTarget, take: Take): Promise<void> {
  const { room, roomLog } = target;
  const before = await take(
    'table',
    () => roomLog.readCursor(room),
    () => 'before the event',
  );
  await take('event', () => putState(target, 1), acceptedAs);
  await take(
    'log',
    () => awaitEvent(target, before),
    (seq) => `event ${seq} of the room`,
  );
}

/** Returns the number of this run's event. That of an earlier run, which comes late, is not taken for it. */
async function awaitEvent(target: LogTarget, before: Cursor | undefined): Promise<number> {
  const { clock, sleep, patience } = target;
  const until = clock() + patience;
  let known = before;
  do {
    const cursor = await target.roomLog.readCursor(target.room);
    const seq = cursor && (await findEvent(target, cursor, known));
    if (seq !== undefined) return seq;
    known = cursor ?? known;
    await sleep(LOOK_EVERY_MS);
  } while (clock() < until);
  throw new Error(`expected the event in the log of its room within ${patience / 1000} s, got nothing`);
}

async function findEvent(
  target: LogTarget,
  { epoch, seq: upTo }: Cursor,
  known: Cursor | undefined,
): Promise<number | undefined> {
  let after = known?.epoch === epoch ? known.seq : 0;
  while (after < upTo) {
    const { events, reached } = await target.roomLog.readEvents(target.room, epoch, { after, upTo });
    const own = events.find(({ id }) => id === eventId(target, 1));
    if (own !== undefined) return own.seq;
    after = reached;
  }
  return undefined;
}

const acceptedAs = (accepted: string) => `position_update accepted as ${accepted}`;

const eventId = ({ runId }: BusTarget, number: 1 | 2) => `${runId}:${number}`;

/** Puts a value of a state of its own, so that it supersedes nothing of the game. */
function putState(target: BusTarget, number: 1 | 2): Promise<string> {
  const { room, put } = target;
  const publishedAt = Date.now();
  const position = sampleEvents.position_update(room, new Date(publishedAt).toISOString());
  const data = { ...position, positionId: 'canary', userId: 'canary', symbol: 'CANARY', quantity: number };
  return put('position_update', { roomId: room, data, id: eventId(target, number), publishedAt });
}

/** Returns the position of the first event's frame. */
async function deliver(target: StageTarget, client: StageClient, take: Take): Promise<Position> {
  const putAt = Date.now();
  await take('event', () => putState(target, 1), acceptedAs);
  const { epoch, seq } = await take(
    'frame',
    async () =>
      expectType(await client.frame(eventId(target, 1), 'the frame of that event'), 'position_update'),
    () => `${Date.now() - putAt} ms after it was published`,
  );
  return { epoch, seq };
}

async function recover(target: StageTarget, client: StageClient, since: Position): Promise<void> {
  const { room: roomId } = target;
  const { data } = await ask(client, 'subscribe_room', { roomId, since }, 'room_subscribed');
  if (data?.['recovered'] !== true) throw new Error(`expected recovered: true, got ${data?.['reason']}`);
  const ours = [eventId(target, 1), eventId(target, 2)];
  // Others may be in the room: of what was missed only the two are judged.
  const ids = ((data['events'] ?? []) as Frame[])
    .map(({ id }) => String(id))
    .filter((id) => ours.includes(id));
  if (ids.join() !== eventId(target, 2)) {
    throw new Error(
      `expected exactly the second event, got ${ids.length === 0 ? 'none' : ids.join(' and ')}`,
    );
  }
}

async function ask(client: StageClient, type: string, data: object, expected: string): Promise<Frame> {
  return expectType(await client.request(type, data, `the answer ${expected}`), expected);
}

function expectType(frame: Frame, expected: string): Frame {
  if (frame.type === expected) return frame;
  const { code, message } = frame.data ?? {};
  throw new Error(`expected ${expected}, got ${frame.type} ${code}: ${String(message).replace(/\.$/, '')}`);
}

/** EventBridge answered, and did not take the event. */
export class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
}

/**
 * Puts one event and returns EventBridge's id of it. Rejects with NotAccepted, or with the SDK's error. Not by the
 * publisher: it would try again for half a minute, and hide that a call fails.
 */
export function putOnBus(
  client: Pick<EventBridgeClient, 'send'>,
  { bus, source }: { bus: string; source: string },
): (type: string, detail: object) => Promise<string> {
  return async (type, detail) => {
    const entry = { EventBusName: bus, Source: source, DetailType: type, Detail: JSON.stringify(detail) };
    const { Entries: results } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    const [result] = results ?? [];
    if (result?.EventId !== undefined) return result.EventId;
    throw new NotAccepted(`not accepted, ${result?.ErrorCode}: ${result?.ErrorMessage}`);
  };
}
