import { type BroadcastDeps, broadcast } from '../broadcast/broadcast.ts';
import { BROADCAST_BUDGET_MS } from '../broadcast/broadcast-slice.ts';
import { WHOLE_ROOM } from '../broadcast/room-slice.ts';
import type { BroadcastResult } from '../broadcast-result.ts';
import type { MembersPage } from '../ports.ts';
import { isLasting, persistently } from '../retry.ts';
import type { Head, LoggedEvent, RoomLog } from '../room-log.ts';
import { chainFrames, conflate, eventsThatFit, framesThatFit } from './conflate.ts';
import { isRenewalDue, keepLastValues, lastValuesOf, renewLastValues } from './retained-values.ts';

export interface FlushReport extends BroadcastResult {
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

export interface FlushDeps extends BroadcastDeps {
  /** Counts what became of a flush; a flush with nothing to send is none. */
  onFlush: (report: FlushReport) => void;
  /** Counts events that will never be sent: they expired before, or were given up. */
  onNotSent: (events: number) => void;
}

/**
 * Sends a room what its log holds beyond `flushed`, in an order on which recovery relies: the head counts the events
 * already; then the members are read, and posted to while the last values are kept; then the head is moved. So whoever
 * joins is either read, or finds the events counted. Returns the head as it is then; `flushed` < `seq` where something is
 * left.
 *
 * Throws when not everybody could be reached who could be: the lane then comes back, and sends it again with the same
 * numbers. `logged` saves reading what was just written. `upTo` is how far it may go.
 */
export async function flush(
  deps: FlushDeps,
  roomId: string,
  head: Head,
  logged: readonly LoggedEvent[] = [],
  upTo: number = head.seq,
): Promise<Head> {
  if (head.flushed >= upTo) return head;
  const { events, reached } = await unsent(deps, roomId, head, logged, upTo);
  const startedAt = deps.clock();
  const [known, first] = await Promise.all([
    lastValuesOf(deps.store, roomId, head, events),
    deps.store.readMembers(roomId, WHOLE_ROOM),
  ]);
  const toSend = conflate(events, known);
  const missing = lastMissing(head.flushed, reached, events);
  tellSuperseded(deps, roomId, head, events, toSend);
  const unsentEvents = { roomId, head, startedAt, first, events, missing, reached };
  const taken = await sendWhatFits(deps, unsentEvents, toSend);
  const last = taken.at(-1)?.seq ?? head.sent;
  const valuesRenewedAt = await renewedWhenDue(deps, roomId, head);
  const flushed: Head = {
    ...head,
    // What lies between two that are sent was superseded; behind the last taken, something may be left.
    flushed: taken.length < toSend.length ? last : reached,
    // Also where it could not be sent any more: who has less finds out.
    sent: taken.length < toSend.length ? last : Math.max(last, missing),
    flushedAt: deps.clock(),
    flushMs: deps.clock() - startedAt,
    valuesRenewedAt,
  };
  const until = startedAt + BROADCAST_BUDGET_MS;
  if (!(await persistently(deps, until, () => deps.store.moveHead(roomId, head, flushed)))) {
    throw new Error('another writer has moved the head of this room');
  }
  tellMissing(deps, roomId, head, flushed, events);
  return flushed;
}

async function unsent(
  { store }: FlushDeps,
  roomId: string,
  { epoch, flushed: after }: Head,
  logged: readonly LoggedEvent[],
  upTo: number,
): Promise<{ events: readonly LoggedEvent[]; reached: number }> {
  if (logged[0]?.seq === after + 1) return { events: logged, reached: upTo };
  return store.readEvents(roomId, epoch, { after, upTo });
}

interface Unsent {
  roomId: string;
  head: Head;
  startedAt: number;
  first: MembersPage;
  events: readonly LoggedEvent[];
  missing: number;
  reached: number;
}

async function sendWhatFits(
  deps: FlushDeps,
  { roomId, head, startedAt, first, events, missing, reached }: Unsent,
  toSend: readonly LoggedEvent[],
): Promise<readonly LoggedEvent[]> {
  if (toSend.length === 0) return [];
  const most = framesThatFit(first, deps.scheduler.postsPerSecond(deps.postsPerSecond));
  const taken = toSend.slice(0, eventsThatFit(toSend.slice(0, most)));
  const frames = chainFrames({ roomId, epoch: head.epoch }, taken, { sent: head.sent, missing });
  const until = startedAt + BROADCAST_BUDGET_MS;
  const [posted, kept] = await Promise.allSettled([
    broadcast(deps, { roomId, frames, first }),
    keepLastValues(keepingWhatCanBeKept(deps, until), roomId, head, taken, deps.clock()),
  ]);
  if (posted.status === 'rejected') throw posted.reason;
  const result = posted.value;
  deps.onFlush({
    roomId,
    epoch: head.epoch,
    fromSeq: head.flushed + 1,
    toSeq: taken.length < toSend.length ? (taken.at(-1)?.seq ?? head.flushed) : reached,
    ...figuresOf(taken),
    conflated: events.length - toSend.length,
    ...result,
    startedAt,
    endedAt: deps.clock(),
  });
  if (result.interrupted) throw new Error('not every member was reached; the room must be sent this again');
  if (kept.status === 'rejected') throw kept.reason;
  return taken;
}

/** Each by itself. A state whose value can never be kept is missing in snapshots; its members have it. */
function keepingWhatCanBeKept(deps: FlushDeps, until: number): Pick<RoomLog, 'putLastValue'> {
  return {
    async putLastValue(roomId, epoch, value) {
      try {
        await persistently(deps, until, () => deps.store.putLastValue(roomId, epoch, value));
      } catch (error) {
        if (!isLasting(error)) throw error;
        const { seq, id: eventId, type: eventType } = value;
        deps.log('state_not_kept', { roomId, epoch, seq, eventId, eventType, error });
      }
    },
  };
}

/** When last values were renewed last. What fails is tried at the next flush: there are weeks for it. */
async function renewedWhenDue(deps: FlushDeps, roomId: string, head: Head): Promise<number> {
  const now = deps.clock();
  if (!isRenewalDue(head, now)) return head.valuesRenewedAt ?? 0;
  try {
    await renewLastValues(deps.store, roomId, head, now);
    return now;
  } catch (error) {
    deps.log('states_not_renewed', { roomId, epoch: head.epoch, error });
    return head.valuesRenewedAt ?? 0;
  }
}

function figuresOf(taken: readonly LoggedEvent[]) {
  const { seq: firstSeq = 0, id: firstEventId = '' } = taken.at(0) ?? {};
  const { seq: lastSeq = 0, id: lastEventId = '' } = taken.at(-1) ?? {};
  const publishedAt = Math.min(...taken.map((event) => event.publishedAt));
  return { firstSeq, lastSeq, firstEventId, lastEventId, events: taken.length, publishedAt };
}

function tellSuperseded(
  { log }: FlushDeps,
  roomId: string,
  { epoch }: Head,
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
  { log, onNotSent }: FlushDeps,
  roomId: string,
  { epoch, flushed: after }: Head,
  { flushed: upTo }: Head,
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
