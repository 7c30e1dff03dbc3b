import { conflation, stateKey } from '../../protocol/conflation.ts';
import { eventFrame } from '../../protocol/event-frame.ts';
import { estimateMembers } from '../broadcast/room-slice.ts';
import type { MembersPage } from '../ports.ts';
import type { LoggedEvent, RetainedValue } from '../room-log.ts';

/**
 * The events to send. Drops every event of a state except the newest, and that one as well if the retained value is
 * newer. An update of a position that is closed by a later event is dropped, too. Keeps events that belong to no state.
 */
export function conflate(events: readonly LoggedEvent[], retained: readonly RetainedValue[]): LoggedEvent[] {
  const newest = newestOf(events, retained);
  return events.filter(
    (event) =>
      conflation[event.type].send !== 'newest' ||
      event.key === undefined ||
      newest.get(event.key)?.seq === event.seq,
  );
}

/**
 * The newest event of each state, or the event that ended it, from the retained values and these events. The retained
 * values may contain some of these events, or later ones.
 */
export function newestOf(
  events: readonly LoggedEvent[],
  retained: readonly RetainedValue[],
): Map<string, LoggedEvent> {
  const newest = new Map<string, LoggedEvent>(retained.map((value) => [value.key, value]));
  for (const event of events) {
    if (event.key === undefined || isStale(event, newest.get(event.key))) continue;
    newest.set(event.key, event);
  }
  return newest;
}

/**
 * Whether an event is older than the newest value of its state. EventBridge guarantees no order, so the time of
 * publication decides, and the order of the stream if the times are equal. A closed position stays closed even if a later
 * update has a newer time, because today's services send no time and ours is the time of arrival.
 */
function isStale(event: LoggedEvent, value: LoggedEvent | undefined): boolean {
  if (value === undefined || isEnd(event)) return false;
  return value.seq > event.seq || isEnd(value) || value.publishedAt > event.publishedAt;
}

/** Whether this event, or retained value, ends its state. */
export function isEnd({ type }: Pick<LoggedEvent, 'type'>): boolean {
  return conflation[type].send === 'ends';
}

/**
 * Whether a retained value still belongs to its state. A release may change the conflation of a type: then values that an
 * older release retained belong to another state, or to none, and no event will ever replace them.
 */
export function isOfItsState({ type, key, data }: RetainedValue): boolean {
  if (!Object.hasOwn(conflation, type)) return false;
  if (isEnd({ type })) return true;
  const value: unknown = JSON.parse(data);
  return typeof value === 'object' && value !== null && stateKey(type, value) === key;
}

/** The frames before a delivery, as far as `prev` needs them. */
export interface FramesBefore {
  /** Number of the last frame that was sent. */
  lastFrameSeq: number;
  /** Number of the last event that the log lacks, because it expired or was skipped; 0 if there is none. */
  lastMissingSeq: number;
}

/**
 * The frames of events, in order. `prev` of each frame is the number of the frame before it. After a missing event,
 * `prev` is the number of the missing event, so that every client sees the gap.
 */
export function chainFrames(
  { roomId, epoch }: { roomId: string; epoch: string },
  events: readonly LoggedEvent[],
  { lastFrameSeq, lastMissingSeq }: FramesBefore,
): string[] {
  return events.map(({ seq, type, id, publishedAt, data }, index) => {
    const before = events[index - 1]?.seq ?? lastFrameSeq;
    const prev = before < lastMissingSeq && lastMissingSeq < seq ? lastMissingSeq : before;
    return eventFrame({ type, roomId, id, publishedAt, data }, { epoch, seq, prev });
  });
}

/** How long a delivery may take at the current rate. The events left over conflate with those that arrive since. */
const LONGEST_DELIVERY_SECONDS = 5;
/** Frames of one delivery at most. Each is posted to a member when the previous one was answered. */
const MOST_FRAMES = 100;

/**
 * Bytes of the frames of one delivery at most. Workers get the frames in the payload of an Invoke, which may have 6 MB.
 * JSON less than doubles a frame: only quotes and backslashes are escaped.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MOST_BYTES = 2_500_000;
/** More than the bytes of a frame beside `data`, even with the longest id. */
const BESIDE_DATA_BYTES = 2_048;

/** How many of these events fit into the payload of a worker together; at least one. */
export function eventsThatFit(events: readonly Pick<LoggedEvent, 'data'>[]): number {
  let bytes = 0;
  const first = events.findIndex(({ data }) => {
    bytes += encoder.encode(data).byteLength + BESIDE_DATA_BYTES;
    return bytes > MOST_BYTES;
  });
  return first === -1 ? events.length : Math.max(1, first);
}

const encoder = new TextEncoder();

/**
 * How many frames one delivery can send to all members of a room in time, estimated from the first page. A member that
 * accepts `batch` frames counts as one post.
 */
export function framesThatFit(first: MembersPage, postsPerSecond: number): number {
  const members = estimateMembers(first);
  const single = members * shareOf(first.members, ({ batch }) => !batch);
  const posts = postsPerSecond * LONGEST_DELIVERY_SECONDS - (members - single);
  return Math.max(1, Math.min(MOST_FRAMES, Math.floor(posts / Math.max(1, single))));
}

function shareOf<Item>(items: readonly Item[], isOf: (item: Item) => boolean): number {
  return items.length === 0 ? 0 : items.filter(isOf).length / items.length;
}
