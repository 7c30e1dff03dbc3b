import { eventFrame } from '../../protocol/event-frame.ts';
import { MAX_MESSAGE_BYTES } from '../../protocol/limits.ts';
import type { EventFrame, UnrecoveredReason } from '../../protocol/server-messages.ts';
import type { Cursor, LoggedEvent, RetainedValue, RoomLog } from '../room-log.ts';
import { conflate, isEnd, isOfItsState, newestOf } from './conflate.ts';
import { chainFrames } from './delivery-frames.ts';
import { retainedValuesOf } from './retained-values.ts';

/** How many events a client may have missed to recover them. */
export const MAX_RECOVERED_EVENTS = 1_000;
/** Bytes of event data read for one client at most, before conflation reduces them to a frame of 128 KB. */
const MAX_RECOVERED_BYTES = 32 * MAX_MESSAGE_BYTES;

/** A position in a room: the client has the events up to `seq`. */
interface RoomPosition {
  epoch: string;
  seq: number;
}

export type Missed = { ok: true; events: EventFrame[] } | { ok: false; reason: UnrecoveredReason };

/**
 * The events that a client at this position has missed up to the cursor, in order, conflated: of a state only what
 * is newest. `ok: false` says why they cannot be recovered; there is no partial recovery.
 */
export async function missedSince(
  store: Pick<RoomLog, 'readEvents' | 'readRetainedValues'>,
  roomId: string,
  cursor: Cursor,
  since: RoomPosition,
): Promise<Missed> {
  // The client has a number that this epoch has not given yet: its epoch is another one with the same text.
  if (since.epoch !== cursor.epoch || since.seq > cursor.seq) return { ok: false, reason: 'epoch_changed' };
  if (since.seq === cursor.seq) return { ok: true, events: [] };
  if (cursor.seq - since.seq > MAX_RECOVERED_EVENTS) return { ok: false, reason: 'too_old' };
  // Reads undelivered events, too: their retained values may not be saved yet, and without them an older event that
  // arrived later would look newer.
  const from = Math.min(since.seq, cursor.deliveredSeq);
  const events = await readLog(store, roomId, cursor, from);
  if (events === undefined) return { ok: false, reason: 'too_large' };
  // Every number has a row until the row expires.
  if (events.length < cursor.seq - from) return { ok: false, reason: 'too_old' };
  const toSend = conflate(events, await retainedValuesOf(store, roomId, cursor, events));
  const missed = toSend.filter(({ seq }) => seq > since.seq);
  const before = { lastFrameSeq: since.seq, lastMissingSeq: 0 };
  const frames = chainFrames({ roomId, epoch: cursor.epoch }, missed, before);
  return { ok: true, events: frames.map((frame): EventFrame => JSON.parse(frame)) };
}

/**
 * The newest value of every state that has not ended, from the retained values and the undelivered events of the log.
 * Undefined if there is too much to read.
 */
export async function snapshotOf(
  store: Pick<RoomLog, 'readAllRetainedValues' | 'readEvents'>,
  roomId: string,
  cursor: Cursor,
): Promise<EventFrame[] | undefined> {
  const { epoch, deliveredSeq } = cursor;
  const [values, events] = await Promise.all([
    allRetainedValues(store, roomId, epoch),
    readLog(store, roomId, cursor, deliveredSeq),
  ]);
  if (values === undefined || events === undefined) return undefined;
  return [...newestOf(events, values).values()]
    .filter((value) => !isEnd(value))
    .sort((one, other) => one.seq - other.seq)
    .map((value): EventFrame => JSON.parse(eventFrame({ ...value, roomId }, { epoch, seq: value.seq })));
}

/** The events of the log after `from`, up to the cursor. Undefined if there is too much to read. */
async function readLog(
  store: Pick<RoomLog, 'readEvents'>,
  roomId: string,
  { epoch, seq: upTo }: Cursor,
  from: number,
): Promise<LoggedEvent[] | undefined> {
  const events: LoggedEvent[] = [];
  let [after, bytes] = [from, 0];
  while (after < upTo) {
    const page = await store.readEvents(roomId, epoch, { after, upTo });
    events.push(...page.events);
    bytes += bytesOf(page.events);
    if (bytes > MAX_RECOVERED_BYTES) return undefined;
    after = page.reached;
  }
  return events;
}

async function allRetainedValues(
  store: Pick<RoomLog, 'readAllRetainedValues'>,
  roomId: string,
  epoch: string,
): Promise<RetainedValue[] | undefined> {
  const values: RetainedValue[] = [];
  let [from, bytes]: [string | undefined, number] = [undefined, 0];
  do {
    const page = await store.readAllRetainedValues(roomId, epoch, from);
    values.push(...page.values.filter(isOfItsState));
    bytes += bytesOf(page.values);
    if (bytes > MAX_RECOVERED_BYTES) return undefined;
    from = page.next;
  } while (from !== undefined);
  return values;
}

function bytesOf(events: readonly LoggedEvent[]): number {
  return events.reduce((sum, { data }) => sum + data.length, 0);
}
