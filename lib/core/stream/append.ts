import type { SerializedEvent } from '../../protocol/event-frame.ts';
import { stateKey } from '../../protocol/state-keys.ts';
import type { Clock, Random, Sleep } from '../ports.ts';
import { unlessItLasts } from '../retry.ts';
import type { Cursor, LoggedEvent, RoomLog } from '../room-log.ts';
import { CURSOR_TTL_MS, epochSeconds, readOrCreateCursor } from './cursor.ts';
import { type GiveUpDeps, giveUp } from './give-up.ts';

/** An event in a room's stream. */
export interface QueuedEvent {
  /** SQS's; grows within a stream, and compares as text. */
  sequenceNumber: string;
  event: SerializedEvent;
}

export interface AppendDeps extends GiveUpDeps {
  store: RoomLog;
  clock: Clock;
  sleep: Sleep;
  random: Random;
  /** How long clients can recover an event. */
  logTtlMs: number;
}

export interface Appended {
  cursor: Cursor;
  /** Those of the events that are in the log now and were not yet. */
  logged: readonly LoggedEvent[];
}

/**
 * Gives events their numbers and logs them: rows first, then the cursor, which makes them count. What the cursor has
 * already is skipped, so a batch that comes again, cut in another way, gives every event the number that it had. An event
 * that the log will never take is dead-lettered; its number stays empty, so that clients see that they miss it. Throws
 * when another writer has moved the cursor meanwhile, or has logged a later message.
 */
export async function append(
  deps: AppendDeps,
  roomId: string,
  events: readonly QueuedEvent[],
): Promise<Appended> {
  const { store, clock } = deps;
  const from = await readOrCreateCursor(deps, roomId);
  const fresh = events.filter(({ sequenceNumber }) => sequenceNumber > from.lastSequenceNumber);
  const last = fresh.at(-1);
  if (last === undefined) return { cursor: from, logged: [] };

  const numbered = fresh.map((event, index) => loggedEvent(event, from.seq + 1 + index, deps));
  const isLogged = await Promise.all(numbered.map((event) => logEvent(deps, roomId, from.epoch, event)));
  const logged = numbered.filter((_, index) => isLogged[index]);
  const cursor: Cursor = {
    ...from,
    seq: from.seq + fresh.length,
    lastSequenceNumber: last.sequenceNumber,
    ttl: epochSeconds(clock() + CURSOR_TTL_MS),
  };
  if (await store.advanceCursor(roomId, from, cursor)) return { cursor, logged };
  throw new Error('another writer has moved the cursor of this room');
}

/** False where the log will never take it, and it is dead-lettered instead. */
async function logEvent(
  deps: AppendDeps,
  roomId: string,
  epoch: string,
  event: LoggedEvent,
): Promise<boolean> {
  const put = await unlessItLasts(deps, () => deps.store.putEvent(roomId, epoch, event));
  if ('lasting' in put) {
    await giveUp(deps, { roomId, epoch, seq: event.seq, event }, put.lasting);
    return false;
  }
  // The row is another event's: a cursor that counted it would count what this writer knows nothing of.
  if (!put.result) throw new Error('a later message of this room has taken the number of this one');
  return true;
}

function loggedEvent(
  { sequenceNumber, event }: QueuedEvent,
  seq: number,
  { clock, logTtlMs }: AppendDeps,
): LoggedEvent {
  const { type, id, publishedAt, data } = event;
  const key = stateKey(type, JSON.parse(data));
  const ttl = epochSeconds(clock() + logTtlMs);
  return { seq, sequenceNumber, type, id, publishedAt, data, ttl, ...(key !== undefined && { key }) };
}
