import type { RequestDelivery, Sleep } from '../ports.ts';
import type { Cursor } from '../room-log.ts';
import { type AppendDeps, type Appended, append, type QueuedEvent } from './append.ts';
import { type DeliverAroundDeps, deliverAround } from './deliver-around.ts';

/** What a room's stream carries: events, and the room's own wish to come back to its log. */
export type QueuedMessage = QueuedEvent | { sequenceNumber: string; kind: 'deliver' };

export interface StreamDeps extends AppendDeps, DeliverAroundDeps {
  store: DeliverAroundDeps['store'];
  sleep: Sleep;
  requestDelivery: RequestDelivery;
  /** How long a room is left alone after a delivery, in milliseconds: what comes meanwhile is sent together. */
  deliveryIntervalMs: number;
  /** Messages that a batch holds at most. One that is full has more behind it. */
  batchSize: number;
}

/** In a backlog, logging has so many times as long as the last delivery took before the next one goes first. */
const REST_PER_DELIVERY = 6;

/**
 * Takes the messages of one room, in order, and returns those that must come again; when it returns, the others have
 * been dealt with. The first event of a quiet room is sent at once. Of a busy one, events that came together are sent
 * together: a full batch is only logged for a while, and one delivery request queued behind all that waits already.
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
    tellLogged(deps, roomId, appended);
    await sendOrQueue(deps, roomId, appended, messages);
    return [];
  } catch (error) {
    deps.log('room_delivery_failed', { roomId, error });
    // All is logged. What has to come again is the delivery that the room waits for, or else any message.
    const request = messages.findIndex((message) => 'kind' in message);
    return messages.slice(request === -1 ? -1 : request);
  }
}

function tellLogged({ log }: StreamDeps, roomId: string, { cursor, logged }: Appended): void {
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

async function sendOrQueue(
  deps: StreamDeps,
  roomId: string,
  { cursor, logged }: Appended,
  messages: readonly QueuedMessage[],
): Promise<void> {
  if (isDelivered(cursor)) return;
  if (hasMoreBehind(deps, messages) && !isDue(deps, cursor)) return deps.requestDelivery(roomId, cursor);
  await intervalOver(deps, cursor);
  const delivered = await deliverAround(deps, roomId, cursor, logged);
  if (!isDelivered(delivered)) await deps.requestDelivery(roomId, delivered);
}

/** Not where the room has come back for its log: then that is what it is there for. */
function hasMoreBehind({ batchSize }: StreamDeps, messages: readonly QueuedMessage[]): boolean {
  return messages.length >= batchSize && messages.every((message) => 'event' in message);
}

/**
 * Whether a room is to be sent something although more waits behind: no backlog is so long that nothing is sent, and a
 * delivery takes no more than its share of the time, or the backlog would only grow.
 */
function isDue({ clock, deliveryIntervalMs }: StreamDeps, { deliveredAt, deliveryMs }: Cursor): boolean {
  return clock() >= deliveredAt + Math.max(deliveryIntervalMs, REST_PER_DELIVERY * deliveryMs);
}

function isDelivered({ deliveredSeq, seq }: Cursor): boolean {
  return deliveredSeq >= seq;
}

/** Never longer than the interval: the clock that dated the last delivery may have been ahead. */
async function intervalOver({ clock, sleep, deliveryIntervalMs }: StreamDeps, cursor: Cursor): Promise<void> {
  const remaining = Math.min(deliveryIntervalMs, cursor.deliveredAt + deliveryIntervalMs - clock());
  if (remaining > 0) await sleep(remaining);
}
