import type { Member, MembersPage, RoomSlice, Store } from '../ports.ts';

/** Positions run from 0 to this, exclusive. */
export const POSITIONS = 2 ** 32;

export const WHOLE_ROOM: RoomSlice = { from: 0, to: POSITIONS };

/** Below so many members a part is not worth the start of another function. */
export const MEMBERS_PER_SLICE = 2_500;

/**
 * What one function posts a second for certain: at 150 µs of CPU a post, more than it takes with one core, and 15 ms
 * until API Gateway answers. More functions than use up the rate would only wait for each other.
 */
export const POSTS_PER_SECOND_OF_A_FUNCTION = 4_000;

/** How many members a room has, by how far its first page reaches; nobody counts them. */
export function estimateMembers({
  members,
  rest,
}: {
  members: readonly unknown[];
  rest: RoomSlice | undefined;
}): number {
  return rest === undefined ? members.length : members.length / ((rest.from + 1) / POSITIONS);
}

/** How many functions should serve a room of so many members. */
export function functionsFor(members: number, postsPerSecond: number, membersPerSlice: number): number {
  const worthwhile = Math.floor(members / membersPerSlice);
  const useful = Math.ceil(postsPerSecond / POSTS_PER_SECOND_OF_A_FUNCTION);
  return Math.max(1, Math.min(worthwhile, useful));
}

/**
 * Divides a room, of which the first rows have been read, into at most so many parts of the same size. The first goes on
 * where the reading was, so it has the position of the row that was read last: another row may have the same.
 */
export function splitRoom(rest: RoomSlice, count: number): [RoomSlice, ...RoomSlice[]] {
  const ends = Array.from({ length: count }, (_, index) =>
    Math.max(rest.from + 1, Math.ceil((rest.to * (index + 1)) / count)),
  );
  const [end = rest.to, ...others] = ends;
  const parts = others.map((to, index) => ({ from: ends[index] ?? end, to }));
  return [{ ...rest, to: end }, ...parts.filter(({ from, to }) => from < to)];
}

/**
 * The members of a page and of the rest behind it, page by page. While the members of one page are served the next one
 * is read, and no more than that: however large the room, two pages are in memory.
 */
export async function* memberPages(
  store: Pick<Store, 'readMembers'>,
  roomId: string,
  first: MembersPage | Promise<MembersPage>,
): AsyncGenerator<readonly Member[]> {
  let page = await first;
  for (;;) {
    const next = page.rest === undefined ? undefined : store.readMembers(roomId, page.rest);
    // Whoever asks for the page sees the rejection; who stops before that must not leave it unhandled.
    next?.catch(() => undefined);
    yield page.members;
    if (next === undefined) return;
    page = await next;
  }
}
