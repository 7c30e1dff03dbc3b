import { type BroadcastDeps, broadcast } from '../broadcast/broadcast.ts';
import { BROADCAST_BUDGET_MS } from '../broadcast/broadcast-slice.ts';
import { WHOLE_ROOM } from '../broadcast/room-slice.ts';
import type { BroadcastResult } from '../broadcast-result.ts';
import { coreError } from '../errors.ts';
import { isPermanent, retryUntil } from '../retry-call.ts';
import type { Cursor, LoggedEvent, RetainedValue, RoomLog } from '../room-log.ts';
import { conflate } from './conflate.ts';
import { cursorConflict } from './cursor.ts';
import { chainFrames, eventsThatFit, framesThatFit } from './delivery-frames.ts';
import {
  isRenewalDue,
  keepRetainedValues,
  renewRetainedValues,
  retainedValuesOf,
} from './retained-values.ts';

/** What a delivery sent, to whom, and how long it took. */
export interface DeliveryReport extends BroadcastResult {
  roomId: string;
  /** Number of events that were sent. */
  events: number;
  /** Number of events that were not sent, because a newer value superseded them. */
  superseded: number;
  epoch: string;
  /** The range of numbers that the delivery covers: sent and superseded events. */
  fromSeq: number;
  toSeq: number;
  /** Numbers and ids of the first and the last event that was sent. */
  firstSeq: number;
  lastSeq: number;
  firstEventId: string;
  lastEventId: string;
  /** Of the oldest event that was sent. Epoch milliseconds. */
  publishedAt: number;
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
}

export interface DeliverDeps extends BroadcastDeps {
  /** Called after every delivery that sent something, with its numbers. */
  onDelivered: (report: DeliveryReport) => void;
  /** Called with a number of events that will never be sent, because they expired or were skipped. */
  onNotSent: (events: number) => void;
}

/**
 * Sends a room the events in its log beyond `deliveredSeq`, at most up to `upTo`, and returns the advanced cursor. If its
 * `deliveredSeq` is below `seq`, something is left. `logged` saves reading the events that were just written.
 *
 * Recovery relies on the order of the steps:
 * 1. The cursor counts the events already.
 * 2. Members are read.
 * 3. Frames are posted, and retained values are saved.
 * 4. The cursor is advanced.
 *
 * So a client that joins at the same time is either among the members, or finds the events counted by the cursor.
 *
 * Throws if a member that could be reached was not. The room stream then retries the delivery with the same numbers.
 */
export async function deliver(
  deps: DeliverDeps,
  roomId: string,
  cursor: Cursor,
  logged: readonly LoggedEvent[] = [],
  upTo: number = cursor.seq,
): Promise<Cursor> {
  if (cursor.deliveredSeq >= upTo) return cursor;
  const { events, reached } = await undelivered(deps.store, roomId, cursor, logged, upTo);
  const startedAt = deps.clock();
  const until = startedAt + BROADCAST_BUDGET_MS;
  const [retained, firstPage] = await Promise.all([
    retainedValuesOf(deps.store, roomId, cursor, events),
    deps.store.readMembers(roomId, WHOLE_ROOM),
  ]);
  const maxFrames = framesThatFit(firstPage, deps.scheduler.postsPerSecond(deps.postsPerSecond));
  const plan = planDelivery(cursor, { events, reached, retained, maxFrames });
  logSuperseded(deps, roomId, cursor, plan);
  if (plan.send.length > 0) {
    const frames = chainFrames({ roomId, epoch: cursor.epoch }, plan.send, {
      lastFrameSeq: cursor.lastFrameSeq,
      lastMissingSeq: plan.lastMissingSeq,
    });
    const [posted, saved] = await Promise.allSettled([
      broadcast(deps, { roomId, frames, firstPage }),
      keepRetainedValues(savingWhatCanBeSaved(deps, until), roomId, cursor, plan.send, deps.clock()),
    ]);
    if (posted.status === 'rejected') throw posted.reason;
    const result = posted.value;
    deps.onDelivered(reportOf(roomId, cursor, plan, { ...result, startedAt, endedAt: deps.clock() }));
    if (result.status === 'retry')
      throw coreError(
        'DeliveryIncomplete',
        'expected the delivery to reach every member; it must be retried',
      );
    if (saved.status === 'rejected') throw saved.reason;
  }
  const valuesRenewedAt = await renewedWhenDue(deps, roomId, cursor);
  const deliveredAt = deps.clock();
  const deliveryMs = deliveredAt - startedAt;
  const advanced: Cursor = { ...cursor, ...plan.cursor, deliveredAt, deliveryMs, valuesRenewedAt };
  const isAdvanced = await retryUntil(deps, until, () => deps.store.advanceCursor(roomId, cursor, advanced));
  if (!isAdvanced) throw cursorConflict();
  reportMissing(deps, roomId, cursor, plan);
  return advanced;
}

interface Undelivered {
  /** The events of the log beyond `deliveredSeq`, in order. */
  events: readonly LoggedEvent[];
  /** The number up to which the log was read. */
  reached: number;
  /** The retained values of the states of these events. */
  retained: readonly RetainedValue[];
  /** Frames that one delivery can send. */
  maxFrames: number;
}

interface DeliveryPlan {
  /** The events to send, in order. Empty if every event is superseded or missing. */
  send: readonly LoggedEvent[];
  superseded: readonly LoggedEvent[];
  /** How many numbers that the plan covers have no event in the log. */
  missing: number;
  /** The last number that has no event in the log, 0 if there is none. */
  lastMissingSeq: number;
  /** The cursor after the delivery. */
  cursor: Pick<Cursor, 'deliveredSeq' | 'lastFrameSeq'>;
}

/** Decides what a delivery sends, and where the cursor is afterwards. */
export function planDelivery(
  { deliveredSeq, lastFrameSeq }: Pick<Cursor, 'deliveredSeq' | 'lastFrameSeq'>,
  { events, reached, retained, maxFrames }: Undelivered,
): DeliveryPlan {
  const wanted = conflate(events, retained);
  const send = wanted.slice(0, eventsThatFit(wanted.slice(0, maxFrames)));
  const isAll = send.length === wanted.length;
  const lastMissingSeq = lastMissing(deliveredSeq, reached, events);
  const lastSeq = send.at(-1)?.seq ?? lastFrameSeq;
  const cursor = {
    // Events between two that are sent are superseded. After the last one that fits, events may be left.
    deliveredSeq: isAll ? reached : lastSeq,
    // Counts missing events, too, so that clients find out that they miss them.
    lastFrameSeq: isAll ? Math.max(lastSeq, lastMissingSeq) : lastSeq,
  };
  const wantedEvents = new Set(wanted);
  const covered = events.filter(({ seq }) => seq <= cursor.deliveredSeq).length;
  return {
    send,
    superseded: events.filter((event) => !wantedEvents.has(event)),
    missing: cursor.deliveredSeq - deliveredSeq - covered,
    lastMissingSeq,
    cursor,
  };
}

/** The last number in a range that has no event, 0 if there is none: its event expired or was skipped. */
function lastMissing(after: number, upTo: number, events: readonly LoggedEvent[]): number {
  const present = new Set(events.map(({ seq }) => seq));
  for (let seq = upTo; seq > after; seq -= 1) if (!present.has(seq)) return seq;
  return 0;
}

async function undelivered(
  store: RoomLog,
  roomId: string,
  { epoch, deliveredSeq: after }: Cursor,
  logged: readonly LoggedEvent[],
  upTo: number,
): Promise<Pick<Undelivered, 'events' | 'reached'>> {
  if (logged[0]?.seq === after + 1) return { events: logged, reached: upTo };
  return store.readEvents(roomId, epoch, { after, upTo });
}

/**
 * Saves each retained value with its own retries. A value that can never be saved is logged; snapshots lack it, but the
 * members were sent it.
 */
function savingWhatCanBeSaved(deps: DeliverDeps, until: number): Pick<RoomLog, 'putRetainedValue'> {
  return {
    async putRetainedValue(roomId, epoch, value) {
      try {
        await retryUntil(deps, until, () => deps.store.putRetainedValue(roomId, epoch, value));
      } catch (error) {
        if (!isPermanent(error)) throw error;
        const { seq, id: eventId, type: eventType } = value;
        deps.log('retained_value_not_saved', { roomId, epoch, seq, eventId, eventType, error });
      }
    },
  };
}

/** Renews retained values if it is time, and returns when that was last done. A failure is retried by the next delivery. */
async function renewedWhenDue(deps: DeliverDeps, roomId: string, cursor: Cursor): Promise<number> {
  const now = deps.clock();
  if (!isRenewalDue(cursor, now)) return cursor.valuesRenewedAt ?? 0;
  try {
    await renewRetainedValues(deps.store, roomId, cursor, now);
    return now;
  } catch (error) {
    deps.log('retained_values_not_renewed', { roomId, epoch: cursor.epoch, error });
    return cursor.valuesRenewedAt ?? 0;
  }
}

function reportOf(
  roomId: string,
  { epoch, deliveredSeq }: Cursor,
  { send, superseded, cursor }: DeliveryPlan,
  result: BroadcastResult & Pick<DeliveryReport, 'startedAt' | 'endedAt'>,
): DeliveryReport {
  const { seq: firstSeq = 0, id: firstEventId = '' } = send.at(0) ?? {};
  const { seq: lastSeq = 0, id: lastEventId = '' } = send.at(-1) ?? {};
  return {
    roomId,
    epoch,
    fromSeq: deliveredSeq + 1,
    toSeq: cursor.deliveredSeq,
    firstSeq,
    lastSeq,
    firstEventId,
    lastEventId,
    events: send.length,
    superseded: superseded.length,
    publishedAt: Math.min(...send.map((event) => event.publishedAt)),
    ...result,
  };
}

function logSuperseded(
  { log }: DeliverDeps,
  roomId: string,
  { epoch }: Cursor,
  { superseded }: DeliveryPlan,
): void {
  for (const { seq, id: eventId, type: eventType } of superseded)
    log('event_superseded', { roomId, epoch, seq, eventId, eventType });
}

/** Logs and counts the numbers that have no event in the log. */
function reportMissing(
  { log, onNotSent }: DeliverDeps,
  roomId: string,
  { epoch, deliveredSeq }: Cursor,
  { missing, cursor }: DeliveryPlan,
): void {
  if (missing === 0) return;
  const range = { fromSeq: deliveredSeq + 1, toSeq: cursor.deliveredSeq };
  log('events_missing', { roomId, epoch, ...range, events: missing });
  onNotSent(missing);
}
