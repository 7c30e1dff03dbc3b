import { BROADCAST_BUDGET_MS } from '../broadcast/broadcast-slice.ts';
import { isLasting, retryUntil, unlessItLasts } from '../retry.ts';
import type { Cursor, LoggedEvent } from '../room-log.ts';
import { type DeliverDeps, deliver } from './deliver.ts';
import { type GiveUpDeps, giveUp } from './give-up.ts';

export type DeliverAroundDeps = DeliverDeps & GiveUpDeps;

/**
 * Delivers to a room, around what cannot be sent. A failure that lasts is tried for some seconds; then the room is sent
 * ever smaller ranges, and an event that fails by itself is dead-lettered and its number passed over. So no event holds up
 * those behind it. Throws what may pass, as `deliver` does.
 */
export async function deliverAround(
  deps: DeliverAroundDeps,
  roomId: string,
  cursor: Cursor,
  logged: readonly LoggedEvent[] = [],
): Promise<Cursor> {
  const delivered = await unlessItLasts(deps, () => deliver(deps, roomId, cursor, logged));
  if ('result' in delivered) return delivered.result;
  const until = deps.clock() + BROADCAST_BUDGET_MS;
  let [at, size] = [cursor, cursor.seq - cursor.deliveredSeq];
  while (at.deliveredSeq < at.seq && deps.clock() < until) {
    const upTo = Math.min(at.seq, at.deliveredSeq + size);
    const next = await deliverOrError(deps, roomId, at, upTo);
    if ('cursor' in next) [at, size] = [next.cursor, size * 2];
    else if (upTo - at.deliveredSeq > 1) size = Math.ceil((upTo - at.deliveredSeq) / 2);
    else at = await passOver(deps, roomId, at, next.error);
  }
  return at;
}

async function deliverOrError(
  deps: DeliverAroundDeps,
  roomId: string,
  cursor: Cursor,
  upTo: number,
): Promise<{ cursor: Cursor } | { error: unknown }> {
  try {
    return { cursor: await deliver(deps, roomId, cursor, [], upTo) };
  } catch (error) {
    if (!isLasting(error)) throw error;
    return { error };
  }
}

/** `sent` counts it as well: the next frame's `prev` names it, and a ping does, so clients learn that they miss it. */
async function passOver(
  deps: DeliverAroundDeps,
  roomId: string,
  cursor: Cursor,
  error: unknown,
): Promise<Cursor> {
  const seq = cursor.deliveredSeq + 1;
  const { epoch } = cursor;
  await giveUp(deps, { roomId, epoch, seq, event: await eventAt(deps, roomId, epoch, seq) }, error);
  const passed: Cursor = { ...cursor, deliveredSeq: seq, lastFrameSeq: seq, deliveredAt: deps.clock() };
  const until = deps.clock() + BROADCAST_BUDGET_MS;
  const isMoved = await retryUntil(deps, until, () => deps.store.advanceCursor(roomId, cursor, passed));
  if (!isMoved) throw new Error('another writer has moved the cursor of this room');
  deps.onNotSent(1);
  return passed;
}

async function eventAt(
  { store }: DeliverAroundDeps,
  roomId: string,
  epoch: string,
  seq: number,
): Promise<LoggedEvent | undefined> {
  try {
    return (await store.readEvents(roomId, epoch, { after: seq - 1, upTo: seq })).events[0];
  } catch (error) {
    if (!isLasting(error)) throw error;
    return undefined;
  }
}
