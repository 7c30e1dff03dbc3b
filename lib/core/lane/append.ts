import type { SerializedEvent } from '../../protocol/event-frame.ts';
import { stateKey } from '../../protocol/state-keys.ts';
import type { Clock, Random } from '../ports.ts';
import type { Head, LastValue, LoggedEvent, RoomLog } from '../room-log.ts';
import { epochSeconds, HEAD_TTL_MS, headOf, TOMBSTONE_TTL_MS } from './head.ts';
import { isEnd, markStale } from './mark-stale.ts';

/** An event in a room's lane. */
export interface LaneEvent {
  /** SQS's; grows within a lane, and compares as text. */
  sequenceNumber: string;
  event: SerializedEvent;
}

export interface AppendDeps {
  store: RoomLog;
  clock: Clock;
  random: Random;
  /** How long clients can recover an event. */
  logTtlMs: number;
}

export interface Appended {
  head: Head;
  /** Those of the events that were not in the log yet. */
  logged: readonly LoggedEvent[];
}

/**
 * Gives events their numbers and logs them: rows first, then the head, which makes them count. What the head has
 * already is skipped, so a batch that comes again, cut in another way, gives every event the number that it had. Throws
 * when another writer has moved the head meanwhile.
 */
export async function append(
  deps: AppendDeps,
  roomId: string,
  events: readonly LaneEvent[],
): Promise<Appended> {
  const { store, clock } = deps;
  const from = await headOf(deps, roomId);
  const fresh = events.filter(({ sequenceNumber }) => sequenceNumber > from.lastSequenceNumber);
  const last = fresh.at(-1);
  if (last === undefined) return { head: from, logged: [] };

  const numbered = fresh.map((event, index) => loggedEvent(event, from.seq + 1 + index, deps));
  const known = await lastValues(store, roomId, from, numbered);
  const { events: logged, values } = markStale(numbered, known);
  await Promise.all([
    ...logged.map((event) => store.putEvent(roomId, from.epoch, event)),
    ...values.map((value) => store.putLastValue(roomId, from.epoch, lasting(value, clock()))),
  ]);
  const head: Head = {
    ...from,
    seq: from.seq + fresh.length,
    lastSequenceNumber: last.sequenceNumber,
    ttl: epochSeconds(clock() + HEAD_TTL_MS),
  };
  if (await store.moveHead(roomId, from, head)) return { head, logged };
  throw new Error('another writer has moved the head of this room');
}

function loggedEvent(
  { sequenceNumber, event }: LaneEvent,
  seq: number,
  { clock, logTtlMs }: AppendDeps,
): LoggedEvent {
  const { type, id, publishedAt, data } = event;
  const key = stateKey(type, JSON.parse(data));
  const ttl = epochSeconds(clock() + logTtlMs);
  return { seq, sequenceNumber, type, id, publishedAt, data, ttl, ...(key !== undefined && { key }) };
}

/** Of the states of these events. Beyond the head they are of a writer that died, perhaps of a message that was given up. */
async function lastValues(
  store: RoomLog,
  roomId: string,
  { epoch, seq }: Head,
  events: readonly LoggedEvent[],
): Promise<LastValue[]> {
  const keys = new Set(events.flatMap(({ key }) => key ?? []));
  const values = keys.size === 0 ? [] : await store.readLastValues(roomId, epoch, [...keys]);
  return values.filter((value) => value.seq <= seq);
}

/** Of a state that is over, that it is over is all that must be known. */
function lasting(value: LastValue, now: number): LastValue {
  return isEnd(value)
    ? { ...value, data: 'null', ttl: epochSeconds(now + TOMBSTONE_TTL_MS) }
    : { ...value, ttl: epochSeconds(now + HEAD_TTL_MS) };
}
