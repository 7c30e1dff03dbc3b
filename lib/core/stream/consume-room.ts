import type { QueueFlush, Sleep } from '../ports.ts';
import type { Head } from '../room-log.ts';
import { type AppendDeps, type Appended, append, type LaneEvent } from './append.ts';
import { type FlushAroundDeps, flushAround } from './deliver-around.ts';

/** What a room's lane carries: events, and the room's own wish to come back to its log. */
export type LaneMessage = LaneEvent | { sequenceNumber: string; flush: true };

export interface LaneDeps extends AppendDeps, FlushAroundDeps {
  store: FlushAroundDeps['store'];
  sleep: Sleep;
  queueFlush: QueueFlush;
  /** How long a room is left alone after a flush, in milliseconds: what comes meanwhile is sent together. */
  flushIntervalMs: number;
  /** Messages that a batch holds at most. One that is full has more behind it. */
  batchSize: number;
}

/** In a backlog, logging has so many times as long as the last flush took before the next one goes first. */
const REST_PER_FLUSH = 6;

/**
 * Takes the messages of one room, in order, and returns those that must come again; when it returns, the others have
 * been dealt with. The first event of a quiet room is sent at once. Of a busy one, events that came together are sent
 * together: a full batch is only logged for a while, and one `flush` queued behind all that waits already.
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
    deps.log('events_not_logged', { roomId, eventIds: events.map(({ event }) => event.id), error });
    return messages;
  }
  try {
    tellLogged(deps, roomId, appended);
    await sendOrQueue(deps, roomId, appended, messages);
    return [];
  } catch (error) {
    deps.log('room_delivery_failed', { roomId, error });
    // All is logged. What has to come again is the flush that the room waits for, or else any message.
    const flush = messages.findIndex((message) => 'flush' in message);
    return messages.slice(flush === -1 ? -1 : flush);
  }
}

function tellLogged({ log }: LaneDeps, roomId: string, { head, logged }: Appended): void {
  const [first, last] = [logged.at(0), logged.at(-1)];
  if (first === undefined || last === undefined) return;
  log('events_logged', {
    roomId,
    epoch: head.epoch,
    firstSeq: first.seq,
    lastSeq: last.seq,
    eventIds: logged.map(({ id }) => id),
    sequenceNumber: last.sequenceNumber,
  });
}

async function sendOrQueue(
  deps: LaneDeps,
  roomId: string,
  { head, logged }: Appended,
  messages: readonly LaneMessage[],
): Promise<void> {
  if (isFlushed(head)) return;
  if (hasMoreBehind(deps, messages) && !isDue(deps, head)) return deps.queueFlush(roomId, head);
  await intervalOver(deps, head);
  const flushed = await flushAround(deps, roomId, head, logged);
  if (!isFlushed(flushed)) await deps.queueFlush(roomId, flushed);
}

/** Not where the room has come back for its log: then that is what it is there for. */
function hasMoreBehind({ batchSize }: LaneDeps, messages: readonly LaneMessage[]): boolean {
  return messages.length >= batchSize && messages.every((message) => 'event' in message);
}

/**
 * Whether a room is to be sent something although more waits behind: no backlog is so long that nothing is sent, and a
 * flush takes no more than its share of the time, or the backlog would only grow.
 */
function isDue({ clock, flushIntervalMs }: LaneDeps, { flushedAt, flushMs }: Head): boolean {
  return clock() >= flushedAt + Math.max(flushIntervalMs, REST_PER_FLUSH * flushMs);
}

function isFlushed({ flushed, seq }: Head): boolean {
  return flushed >= seq;
}

/** Never longer than the interval: the clock that dated the last flush may have been ahead. */
async function intervalOver({ clock, sleep, flushIntervalMs }: LaneDeps, head: Head): Promise<void> {
  const remaining = Math.min(flushIntervalMs, head.flushedAt + flushIntervalMs - clock());
  if (remaining > 0) await sleep(remaining);
}
