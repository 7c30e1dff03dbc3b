import type { Member } from '../connection/membership.ts';
import type { MembersPage, RoomSlice, Store } from '../ports.ts';

/** Hash positions run from 0 to this, exclusive. */
export const POSITIONS = 2 ** 32;

export const WHOLE_ROOM: RoomSlice = { from: 0, to: POSITIONS };

/** Members that a slice should have at least. A smaller slice is not worth the start of another function. */
export const MEMBERS_PER_SLICE = 2_500;

/**
 * Posts a second that one function certainly reaches, with one core, 150 µs of CPU a post and 15 ms until API Gateway
 * answers. More functions than the allowed rate needs would only wait for each other.
 */
const POSTS_PER_SECOND_OF_A_FUNCTION = 4_000;

/** Estimates the members of a room from the share of the positions that its first page covers. There is no count. */
export function estimateMembers({
  members,
  rest,
}: {
  members: readonly unknown[];
  rest: RoomSlice | undefined;
}): number {
  return rest === undefined ? members.length : members.length / ((rest.from + 1) / POSITIONS);
}

/** How many functions should post to a room of so many members; at least one. */
export function functionsFor(members: number, postsPerSecond: number, membersPerSlice: number): number {
  const worthwhile = Math.floor(members / membersPerSlice);
  const useful = Math.ceil(postsPerSecond / POSTS_PER_SECOND_OF_A_FUNCTION);
  return Math.max(1, Math.min(worthwhile, useful));
}

/**
 * Divides a room, whose first page was read, into at most `count` slices of the same size. The first slice starts at the
 * position of the last row that was read, because another row may have the same position.
 */
export function splitRoom(rest: RoomSlice, count: number): [RoomSlice, ...RoomSlice[]] {
  const ends = Array.from({ length: count }, (_, index) =>
    Math.max(rest.from + 1, Math.ceil((rest.to * (index + 1)) / count)),
  );
  const [end = rest.to, ...others] = ends;
  const slices = others.map((to, index) => ({ from: ends[index] ?? end, to }));
  return [{ ...rest, to: end }, ...slices.filter(({ from, to }) => from < to)];
}

/**
 * The members of a page and of its rest, page by page. Reads the next page while the caller handles one, so at most two
 * pages are in memory, however large the room is.
 */
export async function* memberPages(
  store: Pick<Store, 'readMembers'>,
  roomId: string,
  first: MembersPage | Promise<MembersPage>,
): AsyncGenerator<readonly Member[]> {
  let page = await first;
  for (;;) {
    const next = page.rest === undefined ? undefined : store.readMembers(roomId, page.rest);
    // The caller gets the rejection with the next page. If it stops before, the rejection must not be unhandled.
    next?.catch(() => undefined);
    yield page.members;
    if (next === undefined) return;
    page = await next;
  }
}
