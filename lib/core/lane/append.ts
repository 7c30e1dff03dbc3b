import type { SerializedEvent } from '../../protocol/event-frame.ts';
import { stateKey } from '../../protocol/state-keys.ts';
import type { Clock, Random } from '../ports.ts';
import type { Head, LoggedEvent, RoomLog } from '../room-log.ts';
import { epochSeconds, HEAD_TTL_MS, headOf } from './head.ts';

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

  const logged = fresh.map((event, index) => loggedEvent(event, from.seq + 1 + index, deps));
  await Promise.all(logged.map((event) => store.putEvent(roomId, from.epoch, event)));
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
