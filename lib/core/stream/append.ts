import { stateKey } from '../../protocol/conflation.ts';
import type { SerializedEvent } from '../../protocol/event-frame.ts';
import { coreError } from '../errors.ts';
import type { Clock, Random, Sleep } from '../ports.ts';
import { resultOrPermanentFailure } from '../retry-call.ts';
import type { Cursor, LoggedEvent, RoomLog } from '../room-log.ts';
import { CURSOR_TTL_MS, cursorConflict, epochSeconds, readOrCreateCursor } from './cursor.ts';
import { type SkipDeps, skipEvent } from './deliver-or-skip.ts';

/** An event in a room's stream. */
export interface QueuedEvent {
  /** SQS's number of the message. Grows within a stream, and compares as text. */
  sequenceNumber: string;
  event: SerializedEvent;
}

export interface AppendDeps extends SkipDeps {
  store: RoomLog;
  clock: Clock;
  sleep: Sleep;
  random: Random;
  /** How long clients can recover an event. Milliseconds. */
  logTtlMs: number;
}

export interface Appended {
  cursor: Cursor;
  /** The events that this call added to the log. */
  logged: readonly LoggedEvent[];
}

/**
 * Gives events their numbers and logs them: first the rows, then the cursor, which makes the rows count. Ignores messages
 * that the cursor counts already, so a redelivered batch, even if it is divided differently, gives every event the same
 * number. An event that the log can never store is dead-lettered; its number stays empty, so that clients see the gap.
 * Throws if another writer has moved the cursor or has logged a later message.
 */
export async function append(
  deps: AppendDeps,
  roomId: string,
  events: readonly QueuedEvent[],
): Promise<Appended> {
  const { store, clock } = deps;
  const from = await readOrCreateCursor(deps, roomId);
  const fresh = events.filter(({ sequenceNumber }) => sequenceNumber > from.lastSequenceNumber);
  logIgnored(deps, roomId, from, events);
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
  throw cursorConflict();
}

/**
 * Logs the events that count as logged already. A few come after a crash, when SQS redelivers them. All events of a room
 * come if its queue was replaced, because the numbers of the new queue start at 1. The last logged message is not
 * reported: SQS redelivers it at every retry of a delivery.
 */
function logIgnored(
  { log }: AppendDeps,
  roomId: string,
  { epoch, seq, lastSequenceNumber }: Cursor,
  events: readonly QueuedEvent[],
): void {
  const ignored = events.filter(({ sequenceNumber }) => sequenceNumber < lastSequenceNumber);
  const last = ignored.at(-1);
  if (last === undefined) return;
  const eventIds = ignored.map(({ event }) => event.id);
  const { sequenceNumber } = last;
  log('events_ignored', {
    roomId,
    epoch,
    seq,
    events: ignored.length,
    eventIds,
    sequenceNumber,
    lastSequenceNumber,
  });
}

/** False if the log can never store the event. It is dead-lettered then. */
async function logEvent(
  deps: AppendDeps,
  roomId: string,
  epoch: string,
  event: LoggedEvent,
): Promise<boolean> {
  const put = await resultOrPermanentFailure(deps, () => deps.store.putEvent(roomId, epoch, event));
  if ('permanentFailure' in put) {
    await skipEvent(deps, { roomId, epoch, seq: event.seq, event }, put.permanentFailure);
    return false;
  }
  // The row holds an event of another writer. This writer must not advance the cursor over it.
  if (!put.result)
    throw coreError(
      'EventNumberTaken',
      'expected a free event number, but a later message of this room has taken it',
    );
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
