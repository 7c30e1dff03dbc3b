import { type BroadcastDeps, broadcast } from '../broadcast/broadcast.ts';
import { BROADCAST_BUDGET_MS } from '../broadcast/broadcast-slice.ts';
import { WHOLE_ROOM } from '../broadcast/room-slice.ts';
import type { BroadcastResult } from '../broadcast-result.ts';
import type { MembersPage } from '../ports.ts';
import { isLasting, retryUntil } from '../retry.ts';
import type { Cursor, LoggedEvent, RoomLog } from '../room-log.ts';
import { chainFrames, conflate, eventsThatFit, framesThatFit } from './conflate.ts';
import {
  isRenewalDue,
  keepRetainedValues,
  renewRetainedValues,
  retainedValuesOf,
} from './retained-values.ts';

export interface DeliveryReport extends BroadcastResult {
  roomId: string;
  /** Events that were sent, and those that newer ones made unnecessary. */
  events: number;
  conflated: number;
  epoch: string;
  /** Numbers that it covers: of the events that were sent, and of those that newer ones made unnecessary. */
  fromSeq: number;
  toSeq: number;
  /** Of the events that were sent. */
  firstSeq: number;
  lastSeq: number;
  firstEventId: string;
  lastEventId: string;
  /** Of the oldest event that was sent. Epoch milliseconds. */
  publishedAt: number;
  startedAt: number;
  endedAt: number;
}

export interface DeliverDeps extends BroadcastDeps {
  /** Counts what became of a delivery; a delivery with nothing to send is none. */
  onDelivered: (report: DeliveryReport) => void;
  /** Counts events that will never be sent: they expired before, or were given up. */
  onNotSent: (events: number) => void;
}

/**
 * Sends a room what its log holds beyond `deliveredSeq`, in an order on which recovery relies: the cursor counts the events
 * already; then the members are read, and posted to while the retained values are kept; then the cursor is moved. So whoever
 * joins is either read, or finds the events counted. Returns the cursor as it is then; `deliveredSeq` < `seq` where something is
 * left.
 *
 * Throws when not everybody could be reached who could be: the stream then comes back, and sends it again with the same
 * numbers. `logged` saves reading what was just written. `upTo` is how far it may go.
 */
export async function deliver(
  deps: DeliverDeps,
  roomId: string,
  cursor: Cursor,
  logged: readonly LoggedEvent[] = [],
  upTo: number = cursor.seq,
): Promise<Cursor> {
  if (cursor.deliveredSeq >= upTo) return cursor;
  const { events, reached } = await unsent(deps, roomId, cursor, logged, upTo);
  const startedAt = deps.clock();
  const [known, first] = await Promise.all([
    retainedValuesOf(deps.store, roomId, cursor, events),
    deps.store.readMembers(roomId, WHOLE_ROOM),
  ]);
  const toSend = conflate(events, known);
  const missing = lastMissing(cursor.deliveredSeq, reached, events);
  tellSuperseded(deps, roomId, cursor, events, toSend);
  const unsentEvents = { roomId, cursor, startedAt, first, events, missing, reached };
  const taken = await sendWhatFits(deps, unsentEvents, toSend);
  const last = taken.at(-1)?.seq ?? cursor.lastFrameSeq;
  const valuesRenewedAt = await renewedWhenDue(deps, roomId, cursor);
  const advanced: Cursor = {
    ...cursor,
    // What lies between two that are sent was superseded; behind the last taken, something may be left.
    deliveredSeq: taken.length < toSend.length ? last : reached,
    // Also where it could not be sent any more: who has less finds out.
    lastFrameSeq: taken.length < toSend.length ? last : Math.max(last, missing),
    deliveredAt: deps.clock(),
    deliveryMs: deps.clock() - startedAt,
    valuesRenewedAt,
  };
  const until = startedAt + BROADCAST_BUDGET_MS;
  if (!(await retryUntil(deps, until, () => deps.store.advanceCursor(roomId, cursor, advanced)))) {
    throw new Error('another writer has moved the cursor of this room');
  }
  tellMissing(deps, roomId, cursor, advanced, events);
  return advanced;
}

async function unsent(
  { store }: DeliverDeps,
  roomId: string,
  { epoch, deliveredSeq: after }: Cursor,
  logged: readonly LoggedEvent[],
  upTo: number,
): Promise<{ events: readonly LoggedEvent[]; reached: number }> {
  if (logged[0]?.seq === after + 1) return { events: logged, reached: upTo };
  return store.readEvents(roomId, epoch, { after, upTo });
}

interface Unsent {
  roomId: string;
  cursor: Cursor;
  startedAt: number;
  first: MembersPage;
  events: readonly LoggedEvent[];
  missing: number;
  reached: number;
}

async function sendWhatFits(
  deps: DeliverDeps,
  { roomId, cursor, startedAt, first, events, missing, reached }: Unsent,
  toSend: readonly LoggedEvent[],
): Promise<readonly LoggedEvent[]> {
  if (toSend.length === 0) return [];
  const most = framesThatFit(first, deps.scheduler.postsPerSecond(deps.postsPerSecond));
  const taken = toSend.slice(0, eventsThatFit(toSend.slice(0, most)));
  const frames = chainFrames({ roomId, epoch: cursor.epoch }, taken, {
    lastFrameSeq: cursor.lastFrameSeq,
    missing,
  });
  const until = startedAt + BROADCAST_BUDGET_MS;
  const [posted, kept] = await Promise.allSettled([
    broadcast(deps, { roomId, frames, first }),
    keepRetainedValues(keepingWhatCanBeKept(deps, until), roomId, cursor, taken, deps.clock()),
  ]);
  if (posted.status === 'rejected') throw posted.reason;
  const result = posted.value;
  deps.onDelivered({
    roomId,
    epoch: cursor.epoch,
    fromSeq: cursor.deliveredSeq + 1,
    toSeq: taken.length < toSend.length ? (taken.at(-1)?.seq ?? cursor.deliveredSeq) : reached,
    ...figuresOf(taken),
    conflated: events.length - toSend.length,
    ...result,
    startedAt,
    endedAt: deps.clock(),
  });
  if (result.status === 'retry')
    throw new Error('not every member was reached; the room must be sent this again');
  if (kept.status === 'rejected') throw kept.reason;
  return taken;
}

/** Each by itself. A state whose value can never be kept is missing in snapshots; its members have it. */
function keepingWhatCanBeKept(deps: DeliverDeps, until: number): Pick<RoomLog, 'putRetainedValue'> {
  return {
    async putRetainedValue(roomId, epoch, value) {
      try {
        await retryUntil(deps, until, () => deps.store.putRetainedValue(roomId, epoch, value));
      } catch (error) {
        if (!isLasting(error)) throw error;
        const { seq, id: eventId, type: eventType } = value;
        deps.log('state_not_kept', { roomId, epoch, seq, eventId, eventType, error });
      }
    },
  };
}

/** When retained values were renewed last. What fails is tried at the next delivery: there are weeks for it. */
async function renewedWhenDue(deps: DeliverDeps, roomId: string, cursor: Cursor): Promise<number> {
  const now = deps.clock();
  if (!isRenewalDue(cursor, now)) return cursor.valuesRenewedAt ?? 0;
  try {
    await renewRetainedValues(deps.store, roomId, cursor, now);
    return now;
  } catch (error) {
    deps.log('states_not_renewed', { roomId, epoch: cursor.epoch, error });
    return cursor.valuesRenewedAt ?? 0;
  }
}

function figuresOf(taken: readonly LoggedEvent[]) {
  const { seq: firstSeq = 0, id: firstEventId = '' } = taken.at(0) ?? {};
  const { seq: lastSeq = 0, id: lastEventId = '' } = taken.at(-1) ?? {};
  const publishedAt = Math.min(...taken.map((event) => event.publishedAt));
  return { firstSeq, lastSeq, firstEventId, lastEventId, events: taken.length, publishedAt };
}

function tellSuperseded(
  { log }: DeliverDeps,
  roomId: string,
  { epoch }: Cursor,
  events: readonly LoggedEvent[],
  toSend: readonly LoggedEvent[],
): void {
  if (events.length === toSend.length) return;
  const sent = new Set(toSend);
  for (const event of events) {
    if (sent.has(event)) continue;
    log('event_superseded', { roomId, epoch, seq: event.seq, eventId: event.id, eventType: event.type });
  }
}

/** Numbers that were passed over because the log has no event of them any more. */
function tellMissing(
  { log, onNotSent }: DeliverDeps,
  roomId: string,
  { epoch, deliveredSeq: after }: Cursor,
  { deliveredSeq: upTo }: Cursor,
  events: readonly LoggedEvent[],
): void {
  const missing = upTo - after - events.filter(({ seq }) => seq <= upTo).length;
  if (missing === 0) return;
  log('events_missing', { roomId, epoch, fromSeq: after + 1, toSeq: upTo, events: missing });
  onNotSent(missing);
}

/** Number of the last event that should be there and is not: it expired before it was sent. */
function lastMissing(after: number, reached: number, events: readonly LoggedEvent[]): number {
  const there = new Set(events.map(({ seq }) => seq));
  for (let seq = reached; seq > after; seq -= 1) if (!there.has(seq)) return seq;
  return 0;
}
