import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Clock } from '../core/ports.ts';
import type { Cursor, RoomLog } from '../core/room-log.ts';
import { sampleEvents } from '../protocol/sample-events.ts';
import { type Frame, openStageClient, type StageClient } from './stage-client.ts';
import type { Take } from './steps.ts';

/** The room and the bus that a check sends its events to. */
export interface BusTarget {
  room: string;
  /** Puts an event on the bus, as a service does, and returns EventBridge's id of the event. */
  put: (type: string, detail: object) => Promise<string>;
  /** Identifies the run. Its two events have the ids `<runId>:1` and `<runId>:2`. */
  runId: string;
  /** Milliseconds that each wait may take. */
  patience: number;
}

export interface StageTarget extends BusTarget {
  /** `wss://…`, as clients connect. */
  url: string;
  token: string;
  /** When it is aborted, all connections are dropped, including one that is still opening. */
  signal?: AbortSignal;
}

export interface LogTarget extends BusTarget {
  roomLog: Pick<RoomLog, 'readCursor' | 'readEvents'>;
  clock: Clock;
  sleep: (milliseconds: number) => Promise<void>;
}

interface SeenPosition {
  epoch: unknown;
  seq: unknown;
}

/**
 * Checks a stage as a client uses it: connects, authenticates, subscribes, gets an event, drops the connection, recovers
 * the second event, unsubscribes and closes. Does not use the project's client, because that never subscribes with a
 * `since` older than its newest frame and so cannot prove recovery. Rejects with StepFailed.
 */
export async function checkStage(target: StageTarget, take: Take): Promise<void> {
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
      ({ seq }) => `frame ${seq}, which the next connection must recover`,
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

const POLL_INTERVAL_MS = 200;

/**
 * Checks the bus, the ingest and the room log, without a token: puts an event on the bus and waits until it is in the log
 * of its room. Does not check API Gateway, the functions of client messages, or posts. Rejects with StepFailed.
 */
export async function checkBus(target: LogTarget, take: Take): Promise<void> {
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

/** Waits for the event of this run in the log and returns its number. Ignores a late event of an earlier run. */
async function awaitEvent(target: LogTarget, before: Cursor | undefined): Promise<number> {
  const { clock, sleep, patience } = target;
  const until = clock() + patience;
  let checked = before;
  do {
    const cursor = await target.roomLog.readCursor(target.room);
    const seq = cursor && (await findEvent(target, cursor, checked));
    if (seq !== undefined) return seq;
    checked = cursor ?? checked;
    await sleep(POLL_INTERVAL_MS);
  } while (clock() < until);
  throw new Error(`expected the event in the log of its room within ${patience / 1000} s, got nothing`);
}

async function findEvent(
  target: LogTarget,
  { epoch, seq: upTo }: Cursor,
  checked: Cursor | undefined,
): Promise<number | undefined> {
  let after = checked?.epoch === epoch ? checked.seq : 0;
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

/** Puts an update of the canary's own position, so that it supersedes no state of the game. */
function putState(target: BusTarget, number: 1 | 2): Promise<string> {
  const { room, put } = target;
  const publishedAt = Date.now();
  const position = sampleEvents.position_update(room, new Date(publishedAt).toISOString());
  const data = { ...position, positionId: 'canary', userId: 'canary', symbol: 'CANARY', quantity: number };
  return put('position_update', { roomId: room, data, id: eventId(target, number), publishedAt });
}

/** Puts the first event, waits for its frame, and returns the position of the frame. */
async function deliver(target: StageTarget, client: StageClient, take: Take): Promise<SeenPosition> {
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

async function recover(target: StageTarget, client: StageClient, since: SeenPosition): Promise<void> {
  const { room: roomId } = target;
  const { data } = await ask(client, 'subscribe_room', { roomId, since }, 'room_subscribed');
  if (data?.['recovered'] !== true) throw new Error(`expected recovered: true, got ${data?.['reason']}`);
  const ours = [eventId(target, 1), eventId(target, 2)];
  // Other runs may use the room, so only the two events of this run are checked.
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

/** Thrown if EventBridge answered but did not accept the event. */
export class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
}

/**
 * Puts one event and returns EventBridge's id of it. Rejects with NotAccepted, or with the SDK's error. Does not use the
 * publisher, because that retries for half a minute and would hide a failing call.
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
