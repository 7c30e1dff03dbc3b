import type { Member, MembersPage, Store } from './ports.ts';

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
