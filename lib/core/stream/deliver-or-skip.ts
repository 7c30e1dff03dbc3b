import { BROADCAST_BUDGET_MS } from '../broadcast/broadcast-slice.ts';
import type { Log } from '../log.ts';
import { isPermanent, resultOrPermanentFailure, retryUntil } from '../retry-call.ts';
import type { Cursor, LoggedEvent } from '../room-log.ts';
import { cursorConflict } from './cursor.ts';
import { type DeliverDeps, deliver } from './deliver.ts';

export type DeliverOrSkipDeps = DeliverDeps & SkipDeps;

/**
 * Delivers to a room, and skips events that fail permanently, so that no event blocks the ones after it. After a
 * permanent failure it delivers ever smaller ranges; an event that fails alone is dead-lettered and its number skipped.
 * Throws transient errors, as `deliver` does.
 */
export async function deliverOrSkip(
  deps: DeliverOrSkipDeps,
  roomId: string,
  cursor: Cursor,
  logged: readonly LoggedEvent[] = [],
): Promise<Cursor> {
  const delivered = await resultOrPermanentFailure(deps, () => deliver(deps, roomId, cursor, logged));
  if ('result' in delivered) return delivered.result;
  const until = deps.clock() + BROADCAST_BUDGET_MS;
  // Halves the range after a failure, and doubles it after a success.
  let [current, rangeSize] = [cursor, cursor.seq - cursor.deliveredSeq];
  while (current.deliveredSeq < current.seq && deps.clock() < until) {
    const upTo = Math.min(current.seq, current.deliveredSeq + rangeSize);
    const next = await deliverOrError(deps, roomId, current, upTo);
    if ('cursor' in next) [current, rangeSize] = [next.cursor, rangeSize * 2];
    else if (upTo - current.deliveredSeq > 1) rangeSize = Math.ceil((upTo - current.deliveredSeq) / 2);
    else current = await skipNext(deps, roomId, current, next.error);
  }
  return current;
}

async function deliverOrError(
  deps: DeliverOrSkipDeps,
  roomId: string,
  cursor: Cursor,
  upTo: number,
): Promise<{ cursor: Cursor } | { error: unknown }> {
  try {
    return { cursor: await deliver(deps, roomId, cursor, [], upTo) };
  } catch (error) {
    if (!isPermanent(error)) throw error;
    return { error };
  }
}

/** Skips the next event. `lastFrameSeq` counts it, so clients see the gap by the next frame's `prev` or by a ping. */
async function skipNext(
  deps: DeliverOrSkipDeps,
  roomId: string,
  cursor: Cursor,
  error: unknown,
): Promise<Cursor> {
  const seq = cursor.deliveredSeq + 1;
  const { epoch } = cursor;
  await skipEvent(deps, { roomId, epoch, seq, event: await eventAt(deps, roomId, epoch, seq) }, error);
  const skipped: Cursor = { ...cursor, deliveredSeq: seq, lastFrameSeq: seq, deliveredAt: deps.clock() };
  const until = deps.clock() + BROADCAST_BUDGET_MS;
  const isMoved = await retryUntil(deps, until, () => deps.store.advanceCursor(roomId, cursor, skipped));
  if (!isMoved) throw cursorConflict();
  deps.onNotSent(1);
  return skipped;
}

async function eventAt(
  { store }: DeliverOrSkipDeps,
  roomId: string,
  epoch: string,
  seq: number,
): Promise<LoggedEvent | undefined> {
  try {
    return (await store.readEvents(roomId, epoch, { after: seq - 1, upTo: seq })).events[0];
  } catch (error) {
    if (!isPermanent(error)) throw error;
    return undefined;
  }
}

/** An event that cannot be sent to its room. */
interface SkippedEvent {
  roomId: string;
  epoch: string;
  /** Its number. No other event gets it, so clients see the gap by `prev`. */
  seq: number;
  /** Undefined if the log cannot be read either. */
  event: LoggedEvent | undefined;
}

/** Dead-letters an event with the reason. Throws if the queue refuses it. */
export type DeadLetterEvent = (skipped: SkippedEvent, error: unknown) => Promise<void>;

export interface SkipDeps {
  deadLetterEvent: DeadLetterEvent;
  log: Log;
}

/**
 * Dead-letters an event that failed permanently, so that its room can continue. Throws if the queue fails transiently. If
 * the queue fails permanently, too, only a log line is left of the event.
 */
export async function skipEvent(
  { deadLetterEvent, log }: SkipDeps,
  skipped: SkippedEvent,
  error: unknown,
): Promise<void> {
  const { roomId, epoch, seq, event } = skipped;
  const ids = {
    roomId,
    epoch,
    seq,
    ...(event !== undefined && { eventId: event.id, eventType: event.type }),
  };
  try {
    await deadLetterEvent(skipped, error);
  } catch (refused) {
    if (!isPermanent(refused)) throw refused;
    log('event_not_dead_lettered', { ...ids, error: refused });
  }
  log('event_skipped', { ...ids, error });
}
