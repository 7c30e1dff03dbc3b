import type { MembersPage } from '../ports.ts';
import type { LoggedEvent } from '../room-log.ts';
import { estimateMembers } from '../room-part.ts';

/** So long a flush may take at most at the rate of now; what is left conflates with what comes meanwhile. */
const LONGEST_FLUSH_SECONDS = 5;
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
 * How many frames one flush can bring to everybody in a room, judged by its first page. Members that take `batch` frames
 * count as one post, whatever there is to send.
 */
export function framesThatFit(first: MembersPage, postsPerSecond: number): number {
  const members = estimateMembers(first);
  const single = members * shareOf(first.members, ({ batch }) => !batch);
  const posts = postsPerSecond * LONGEST_FLUSH_SECONDS - (members - single);
  return Math.max(1, Math.min(MOST_FRAMES, Math.floor(posts / Math.max(1, single))));
}

function shareOf<Item>(items: readonly Item[], isOf: (item: Item) => boolean): number {
  return items.length === 0 ? 0 : items.filter(isOf).length / items.length;
}
