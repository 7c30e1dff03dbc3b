import type { QueueFlush, Sleep } from '../ports.ts';
import type { Head } from '../room-log.ts';
import { type AppendDeps, type Appended, append, type LaneEvent } from './append.ts';
import { type FlushDeps, flush } from './flush.ts';

/** What a room's lane carries: events, and the room's own wish to come back to its log. */
export type LaneMessage = LaneEvent | { sequenceNumber: string; flush: true };

export interface LaneDeps extends AppendDeps, FlushDeps {
  store: FlushDeps['store'];
  sleep: Sleep;
  queueFlush: QueueFlush;
  /** How long a room is left alone after a flush, in milliseconds: what comes meanwhile is sent together. */
  flushIntervalMs: number;
  /** Messages that a batch holds at most. One that is full has more behind it. */
  batchSize: number;
}

/** Longer than a flush takes, and what came meanwhile to be logged: in a backlog a flush must not come before its turn. */
const OVERDUE_AFTER_MS = 30_000;

/**
 * Takes the messages of one room, in order, and returns those that must come again; when it returns, the others have
 * been dealt with. The first event of a quiet room is sent at once. Of a busy one, events that came together are sent
 * together: a full batch is only logged, and one `flush` queued behind all that waits already.
 */
export async function serveLane(
  deps: LaneDeps,
  roomId: string,
  messages: readonly LaneMessage[],
): Promise<readonly LaneMessage[]> {
  if (messages.length === 0) return [];
  const events = messages.filter((message) => 'event' in message);
  let appended: Appended;
  try {
    appended = await append(deps, roomId, events);
  } catch (error) {
    deps.onError('events could not be logged', error);
    return messages;
  }
  try {
    await sendOrQueue(deps, roomId, appended, messages);
    return [];
  } catch (error) {
    deps.onError('a room could not be sent its events', error);
    // All is logged: one message has to come again, for the sake of what was not sent.
    return messages.slice(-1);
  }
}

async function sendOrQueue(
  deps: LaneDeps,
  roomId: string,
  { head, logged }: Appended,
  messages: readonly LaneMessage[],
): Promise<void> {
  if (isFlushed(head)) return;
  if (hasMoreBehind(deps, messages) && !isOverdue(deps, head)) return deps.queueFlush(roomId, head);
  await intervalOver(deps, head);
  const flushed = await flush(deps, roomId, head, logged);
  if (!isFlushed(flushed)) await deps.queueFlush(roomId, flushed);
}

/** Not where the room has come back for its log: then that is what it is there for. */
function hasMoreBehind({ batchSize }: LaneDeps, messages: readonly LaneMessage[]): boolean {
  return messages.length >= batchSize && messages.every((message) => 'event' in message);
}

/** A quiet room is sent what comes at once, and no room waits for ever for a flush that was given up. */
function isOverdue({ clock }: LaneDeps, { flushedAt }: Head): boolean {
  return clock() - flushedAt > OVERDUE_AFTER_MS;
}

function isFlushed({ flushed, seq }: Head): boolean {
  return flushed >= seq;
}

/** Never longer than the interval: the clock that dated the last flush may have been ahead. */
async function intervalOver({ clock, sleep, flushIntervalMs }: LaneDeps, head: Head): Promise<void> {
  const remaining = Math.min(flushIntervalMs, head.flushedAt + flushIntervalMs - clock());
  if (remaining > 0) await sleep(remaining);
}
