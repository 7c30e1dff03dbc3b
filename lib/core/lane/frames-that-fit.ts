import type { MembersPage } from '../ports.ts';
import { estimateMembers } from '../room-part.ts';

/** So long a flush may take at most at the rate of now; what is left conflates with what comes meanwhile. */
const LONGEST_FLUSH_SECONDS = 5;
/** A member is posted to in order, each frame when the one before has been answered: more would take too long. */
const MOST_FRAMES = 100;

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
