import { eventFrame } from '../../protocol/event-frame.ts';
import { estimateMembers } from '../broadcast/room-slice.ts';
import type { MembersPage } from '../ports.ts';
import type { LoggedEvent } from '../room-log.ts';

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
const MAX_DELIVERY_SECONDS = 5;
/** Frames of one delivery at most. Each is posted to a member when the previous one was answered. */
const MAX_FRAMES = 100;

/**
 * Bytes of the frames of one delivery at most. Workers get the frames in the payload of an Invoke, which may have 6 MB.
 * JSON less than doubles a frame: only quotes and backslashes are escaped.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_BYTES = 2_500_000;
/** More than the bytes of a frame beside `data`, even with the longest id. */
const BESIDE_DATA_BYTES = 2_048;

/** How many of these events fit into the payload of a worker together; at least one. */
export function eventsThatFit(events: readonly Pick<LoggedEvent, 'data'>[]): number {
  let bytes = 0;
  const first = events.findIndex(({ data }) => {
    bytes += encoder.encode(data).byteLength + BESIDE_DATA_BYTES;
    return bytes > MAX_BYTES;
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
  const posts = postsPerSecond * MAX_DELIVERY_SECONDS - (members - single);
  return Math.max(1, Math.min(MAX_FRAMES, Math.floor(posts / Math.max(1, single))));
}

function shareOf<Item>(items: readonly Item[], isOf: (item: Item) => boolean): number {
  return items.length === 0 ? 0 : items.filter(isOf).length / items.length;
}
