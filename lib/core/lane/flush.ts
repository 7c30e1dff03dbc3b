import { type BroadcastDeps, broadcast } from '../broadcast.ts';
import { BROADCAST_BUDGET_MS } from '../broadcast-part.ts';
import type { BroadcastResult } from '../broadcast-result.ts';
import { persistently } from '../persistently.ts';
import type { MembersPage } from '../ports.ts';
import type { Head, LoggedEvent } from '../room-log.ts';
import { WHOLE_ROOM } from '../room-part.ts';
import { chainFrames } from './chain-frames.ts';
import { conflate } from './conflate.ts';
import { framesThatFit } from './frames-that-fit.ts';
import { keepLastValues, lastValuesOf } from './last-values.ts';

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
}

/**
 * Sends a room what its log holds beyond `flushed`, in an order on which recovery relies: the head counts the events
 * already; then the members are read, and posted to while the last values are kept; then the head is moved. So whoever
 * joins is either read, or finds the events counted. Returns the head as it is then; `flushed` < `seq` where something is
 * left.
 *
 * Throws when not everybody could be reached who could be: the lane then comes back, and sends it again with the same
 * numbers. `logged` saves reading what was just written.
 */
export async function flush(
  deps: FlushDeps,
  roomId: string,
  head: Head,
  logged: readonly LoggedEvent[] = [],
): Promise<Head> {
  if (head.flushed >= head.seq) return head;
  const { events, reached } = await unsent(deps, roomId, head, logged);
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
  const flushed: Head = {
    ...head,
    // What lies between two that are sent was superseded; behind the last taken, something may be left.
    flushed: taken.length < toSend.length ? last : reached,
    // Also where it could not be sent any more: who has less finds out.
    sent: taken.length < toSend.length ? last : Math.max(last, missing),
    flushedAt: deps.clock(),
    flushMs: deps.clock() - startedAt,
  };
  const until = startedAt + BROADCAST_BUDGET_MS;
  if (await persistently(deps, until, () => deps.store.moveHead(roomId, head, flushed))) return flushed;
  throw new Error('another writer has moved the head of this room');
}

async function unsent(
  { store }: FlushDeps,
  roomId: string,
  { epoch, flushed: after, seq: upTo }: Head,
  logged: readonly LoggedEvent[],
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
  const taken = toSend.slice(0, framesThatFit(first, deps.scheduler.postsPerSecond(deps.postsPerSecond)));
  const frames = chainFrames({ roomId, epoch: head.epoch }, taken, { sent: head.sent, missing });
  const until = startedAt + BROADCAST_BUDGET_MS;
  const keep = () => keepLastValues(deps.store, roomId, head, taken, deps.clock());
  const [posted, kept] = await Promise.allSettled([
    broadcast(deps, { roomId, frames, first }),
    persistently(deps, until, keep),
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

/** Number of the last event that should be there and is not: it expired before it was sent. */
function lastMissing(after: number, reached: number, events: readonly LoggedEvent[]): number {
  const there = new Set(events.map(({ seq }) => seq));
  for (let seq = reached; seq > after; seq -= 1) if (!there.has(seq)) return seq;
  return 0;
}
