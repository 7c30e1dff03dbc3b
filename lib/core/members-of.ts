import type { Member, MembersPage, Store } from './ports.ts';

/**
 * Every member of a page and of the rest behind it. While the members of one page are served the next one is read, and
 * no more than that: however large the room, two pages are in memory. `onPage` is called with each page, also where
 * nobody is on: a room that many have left is many such pages.
 */
export async function* membersOf(
  store: Pick<Store, 'readMembers'>,
  roomId: string,
  first: MembersPage | Promise<MembersPage>,
  onPage: () => void,
): AsyncGenerator<Member> {
  let page = await first;
  for (;;) {
    const next = page.rest === undefined ? undefined : store.readMembers(roomId, page.rest);
    // Whoever asks for the page sees the rejection; who stops before that must not leave it unhandled.
    next?.catch(() => undefined);
    onPage();
    yield* page.members;
    if (next === undefined) return;
    page = await next;
  }
}
