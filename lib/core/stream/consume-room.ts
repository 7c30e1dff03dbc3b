import type { RequestDelivery, Sleep } from '../ports.ts';
import type { Cursor } from '../room-log.ts';
import { type AppendDeps, type Appended, append, type QueuedEvent } from './append.ts';
import { type DeliverOrSkipDeps, deliverOrSkip } from './deliver-or-skip.ts';

/** A message of a room stream: an event, or a delivery request of the room itself. */
export type QueuedMessage = QueuedEvent | { sequenceNumber: string; kind: 'deliver' };

export interface StreamDeps extends AppendDeps, DeliverOrSkipDeps {
  store: DeliverOrSkipDeps['store'];
  sleep: Sleep;
  requestDelivery: RequestDelivery;
  /** How long a room rests after a delivery. Events that arrive in this time are sent together. Milliseconds. */
  deliveryIntervalMs: number;
  /** Messages in a batch at most. After a full batch, more messages probably wait. */
  batchSize: number;
}

/** In a backlog, a room delivers again when this many times the duration of its last delivery has passed. */
const LOGGING_PER_DELIVERY = 6;

/**
 * Logs and delivers the messages of one room, in order. Returns the messages to retry; all others are done. A quiet room
 * is sent its first event at once. In a busy room, events are sent together: full batches are only logged for a while,
 * and one delivery request is queued behind the messages that wait. Never throws.
 */
export async function consumeRoom(
  deps: StreamDeps,
  roomId: string,
  messages: readonly QueuedMessage[],
): Promise<readonly QueuedMessage[]> {
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
    logAppended(deps, roomId, appended);
    await deliverOrRequest(deps, roomId, appended, messages);
    return [];
  } catch (error) {
    deps.log('room_delivery_failed', { roomId, error });
    // All events are logged, so only the delivery must be retried: by the delivery request, or else by the last message.
    const request = messages.findIndex((message) => 'kind' in message);
    return messages.slice(request === -1 ? -1 : request);
  }
}

function logAppended({ log }: StreamDeps, roomId: string, { cursor, logged }: Appended): void {
  const [first, last] = [logged.at(0), logged.at(-1)];
  if (first === undefined || last === undefined) return;
  log('events_logged', {
    roomId,
    epoch: cursor.epoch,
    firstSeq: first.seq,
    lastSeq: last.seq,
    eventIds: logged.map(({ id }) => id),
    sequenceNumber: last.sequenceNumber,
  });
}

async function deliverOrRequest(
  deps: StreamDeps,
  roomId: string,
  { cursor, logged }: Appended,
  messages: readonly QueuedMessage[],
): Promise<void> {
  if (isDelivered(cursor)) return;
  if (hasMoreBehind(deps, messages) && !isDue(deps, cursor)) return deps.requestDelivery(roomId, cursor);
  await restUntilDue(deps, cursor);
  const delivered = await deliverOrSkip(deps, roomId, cursor, logged);
  if (!isDelivered(delivered)) await deps.requestDelivery(roomId, delivered);
}

/** Whether more events probably wait. False if the batch holds a delivery request, which asks to deliver now. */
function hasMoreBehind({ batchSize }: StreamDeps, messages: readonly QueuedMessage[]): boolean {
  return messages.length >= batchSize && messages.every((message) => 'event' in message);
}

/**
 * Whether a room with a backlog must be delivered to now. A room is delivered to even during a backlog, but deliveries
 * take at most one seventh of the time, or the backlog would grow.
 */
function isDue({ clock, deliveryIntervalMs }: StreamDeps, { deliveredAt, deliveryMs }: Cursor): boolean {
  return clock() >= deliveredAt + Math.max(deliveryIntervalMs, LOGGING_PER_DELIVERY * deliveryMs);
}

function isDelivered({ deliveredSeq, seq }: Cursor): boolean {
  return deliveredSeq >= seq;
}

/** Waits for the rest of the interval, and never longer: the clock that dated the last delivery may have been ahead. */
async function restUntilDue({ clock, sleep, deliveryIntervalMs }: StreamDeps, cursor: Cursor): Promise<void> {
  const remaining = Math.min(deliveryIntervalMs, cursor.deliveredAt + deliveryIntervalMs - clock());
  if (remaining > 0) await sleep(remaining);
}
