import { WHOLE_ROOM } from '../../lib/core/broadcast/room-slice.ts';
import type { Member } from '../../lib/core/connection/membership.ts';
import type { RoomSlice, Store } from '../../lib/core/ports.ts';

/** Everybody in a room, or in a part of it, page by page. */
export async function allMembers(
  store: Pick<Store, 'readMembers'>,
  roomId: string,
  part: RoomSlice = WHOLE_ROOM,
): Promise<Member[]> {
  const members: Member[] = [];
  for (let rest: RoomSlice | undefined = part; rest !== undefined; ) {
    const page = await store.readMembers(roomId, rest);
    members.push(...page.members);
    rest = page.rest;
  }
  return members;
}
