import { BROADCAST_BUDGET_MS } from '../broadcast/broadcast-slice.ts';
import { isLasting, persistently, unlessItLasts } from '../retry.ts';
import type { Head, LoggedEvent } from '../room-log.ts';
import { type FlushDeps, flush } from './deliver.ts';
import { type GiveUpDeps, giveUp } from './give-up.ts';

export type FlushAroundDeps = FlushDeps & GiveUpDeps;

/**
 * Flushes a room, around what cannot be sent. A failure that lasts is tried for some seconds; then the room is flushed in
 * ever smaller ranges, and an event that fails by itself is dead-lettered and its number passed over. So no event holds up
 * those behind it. Throws what may pass, as `flush` does.
 */
export async function flushAround(
  deps: FlushAroundDeps,
  roomId: string,
  head: Head,
  logged: readonly LoggedEvent[] = [],
): Promise<Head> {
  const flushed = await unlessItLasts(deps, () => flush(deps, roomId, head, logged));
  if ('result' in flushed) return flushed.result;
  const until = deps.clock() + BROADCAST_BUDGET_MS;
  let [at, size] = [head, head.seq - head.flushed];
  while (at.flushed < at.seq && deps.clock() < until) {
    const upTo = Math.min(at.seq, at.flushed + size);
    const next = await flushOrError(deps, roomId, at, upTo);
    if ('head' in next) [at, size] = [next.head, size * 2];
    else if (upTo - at.flushed > 1) size = Math.ceil((upTo - at.flushed) / 2);
    else at = await passOver(deps, roomId, at, next.error);
  }
  return at;
}

async function flushOrError(
  deps: FlushAroundDeps,
  roomId: string,
  head: Head,
  upTo: number,
): Promise<{ head: Head } | { error: unknown }> {
  try {
    return { head: await flush(deps, roomId, head, [], upTo) };
  } catch (error) {
    if (!isLasting(error)) throw error;
    return { error };
  }
}

/** `sent` counts it as well: the next frame's `prev` names it, and a ping does, so clients learn that they miss it. */
async function passOver(deps: FlushAroundDeps, roomId: string, head: Head, error: unknown): Promise<Head> {
  const seq = head.flushed + 1;
  const { epoch } = head;
  await giveUp(deps, { roomId, epoch, seq, event: await eventAt(deps, roomId, epoch, seq) }, error);
  const passed: Head = { ...head, flushed: seq, sent: seq, flushedAt: deps.clock() };
  const until = deps.clock() + BROADCAST_BUDGET_MS;
  const isMoved = await persistently(deps, until, () => deps.store.moveHead(roomId, head, passed));
  if (!isMoved) throw new Error('another writer has moved the head of this room');
  deps.onNotSent(1);
  return passed;
}

async function eventAt(
  { store }: FlushAroundDeps,
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
