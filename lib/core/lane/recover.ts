import { eventFrame } from '../../protocol/event-frame.ts';
import { MAX_MESSAGE_BYTES } from '../../protocol/limits.ts';
import type { EventFrame, UnrecoveredReason } from '../../protocol/server-messages.ts';
import type { Head, LastValue, LoggedEvent, RoomLog } from '../room-log.ts';
import { chainFrames } from './chain-frames.ts';
import { conflate } from './conflate.ts';
import { isEnd } from './mark-stale.ts';

/** How many events a client can have missed and still recover. */
export const MOST_RECOVERED_EVENTS = 1_000;
/** Of what is read for a client; the most that states can conflate to a frame of 128 KB without making it wait. */
const MOST_RECOVERED_BYTES = 32 * MAX_MESSAGE_BYTES;

export interface Position {
  epoch: string;
  seq: number;
}

export type Missed = { ok: true; events: EventFrame[] } | { ok: false; reason: UnrecoveredReason };

/**
 * What a client at this position has missed up to the head: every order and closed position, of each state the newest,
 * in order. All of it, or the reason why not.
 */
export async function missedSince(
  store: Pick<RoomLog, 'readEvents'>,
  roomId: string,
  head: Head,
  since: Position,
): Promise<Missed> {
  // A number that this epoch has not reached is of another one, whatever it is called.
  if (since.epoch !== head.epoch || since.seq > head.seq) return { ok: false, reason: 'epoch_changed' };
  if (head.seq - since.seq > MOST_RECOVERED_EVENTS) return { ok: false, reason: 'too_old' };
  const events: LoggedEvent[] = [];
  let [after, bytes] = [since.seq, 0];
  while (after < head.seq) {
    const page = await store.readEvents(roomId, head.epoch, { after, upTo: head.seq });
    events.push(...page.events);
    bytes += bytesOf(page.events);
    if (bytes > MOST_RECOVERED_BYTES) return { ok: false, reason: 'too_large' };
    after = page.reached;
  }
  // Every number has a row, until it expires.
  if (events.length < head.seq - since.seq) return { ok: false, reason: 'too_old' };
  const frames = chainFrames({ roomId, epoch: head.epoch }, conflate(events), {
    sent: since.seq,
    missing: 0,
  });
  return { ok: true, events: frames.map((frame): EventFrame => JSON.parse(frame)) };
}

/**
 * The last value of every state that is not over, or undefined where it is too much to read. One may be newer than the
 * head: its event is on its way, or was given up, and whatever was there before it is not true any more.
 */
export async function snapshotOf(
  store: Pick<RoomLog, 'readAllLastValues'>,
  roomId: string,
  { epoch }: Head,
): Promise<EventFrame[] | undefined> {
  const values: LastValue[] = [];
  let [from, bytes]: [string | undefined, number] = [undefined, 0];
  do {
    const page = await store.readAllLastValues(roomId, epoch, from);
    values.push(...page.values.filter((value) => !isEnd(value)));
    bytes += bytesOf(page.values);
    if (bytes > MOST_RECOVERED_BYTES) return undefined;
    from = page.next;
  } while (from !== undefined);
  return values
    .sort((one, other) => one.seq - other.seq)
    .map((value): EventFrame => JSON.parse(eventFrame({ ...value, roomId }, { epoch, seq: value.seq })));
}

function bytesOf(events: readonly LoggedEvent[]): number {
  return events.reduce((sum, { data }) => sum + data.length, 0);
}
