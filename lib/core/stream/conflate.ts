import { eventFrame } from '../../protocol/event-frame.ts';
import { conflation } from '../../protocol/state-keys.ts';
import { estimateMembers } from '../broadcast/room-slice.ts';
import type { MembersPage } from '../ports.ts';
import type { LoggedEvent, RetainedValue } from '../room-log.ts';

/**
 * What is sent of these events: of each state only the newest, if it is newer than the retained value that is known of it; of
 * the others every one. An update of a position that is closed behind it is not sent, either: the closing says all.
 */
export function conflate(events: readonly LoggedEvent[], known: readonly RetainedValue[]): LoggedEvent[] {
  const newest = newestOf(events, known);
  return events.filter(
    (event) =>
      conflation[event.type].send !== 'newest' ||
      event.key === undefined ||
      newest.get(event.key)?.seq === event.seq,
  );
}

/** State → its newest value, or its end, after these events. The known values may be of one of them, or of a later one. */
export function newestOf(
  events: readonly LoggedEvent[],
  known: readonly RetainedValue[],
): Map<string, LoggedEvent> {
  const newest = new Map<string, LoggedEvent>(known.map((value) => [value.key, value]));
  for (const event of events) {
    if (event.key === undefined || isStale(event, newest.get(event.key))) continue;
    newest.set(event.key, event);
  }
  return newest;
}

/**
 * EventBridge promises no order, so what comes later need not be newer: the time of publication decides, and the order of
 * the stream only where that is the same. After its end a state has no newer value, whatever its time: the services of
 * today set none, and then the time is when it came.
 */
function isStale(event: LoggedEvent, value: LoggedEvent | undefined): boolean {
  if (value === undefined || isEnd(event)) return false;
  return value.seq > event.seq || isEnd(value) || value.publishedAt > event.publishedAt;
}

/** Whether this event, or retained value, ends its state. */
export function isEnd({ type }: Pick<LoggedEvent, 'type'>): boolean {
  return conflation[type].send === 'ends';
}

/** What was sent before, and what never will be. */
export interface FramesBefore {
  /** Number of the last frame. */
  lastFrameSeq: number;
  /** Number of the last event that is missing in the log, 0 where none is: it expired before it was sent. */
  missing: number;
}

/**
 * The frames of events that are sent one after the other, each naming the one before it. The first behind a missing
 * event names that one, which nobody has: so every client finds out that it has missed something.
 */
export function chainFrames(
  { roomId, epoch }: { roomId: string; epoch: string },
  events: readonly LoggedEvent[],
  { lastFrameSeq: sent, missing }: FramesBefore,
): string[] {
  return events.map(({ seq, type, id, publishedAt, data }, index) => {
    const before = events[index - 1]?.seq ?? sent;
    const prev = before < missing && missing < seq ? missing : before;
    return eventFrame({ type, roomId, id, publishedAt, data }, { epoch, seq, prev });
  });
}

/** So long a delivery may take at most at the rate of now; what is left conflates with what comes meanwhile. */
const LONGEST_DELIVERY_SECONDS = 5;
/** A member is posted to in order, each frame when the one before has been answered: more would take too long. */
const MOST_FRAMES = 100;

/**
 * A worker gets the frames in the payload of an Invoke, which may have 6 MB. In JSON a frame is less than twice as long:
 * only quotes and backslashes are escaped. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MOST_BYTES = 2_500_000;
/** What stands beside `data` in a frame: less than this, however odd its id. */
const BESIDE_DATA_BYTES = 2_048;

/** How many of these events can be handed to a worker together; at least one. */
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
 * How many frames one delivery can bring to everybody in a room, judged by its first page. Members that take `batch` frames
 * count as one post, whatever there is to send.
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
