import type { Membership } from '../../lib/core/connection/membership.ts';
import type { Store } from '../../lib/core/ports.ts';
import { membershipKey, positionOf, sortKeysOf } from '../../lib/store/keys.ts';

export interface MemberRows extends Pick<Store, 'putMembership' | 'deleteMembership' | 'readMembers'> {
  /** Whether there is a row, on or off. */
  hasMembershipRow(roomId: string, connectionId: string): Promise<boolean>;
}

/** The memberships of `memoryStore`. */
export function memberRows(clock: () => number, pageSize: number): MemberRows {
  /** Room → sort key → row. */
  const rooms = new Map<string, Map<string, Membership>>();
  const roomOf = (roomId: string) => {
    const room = rooms.get(roomId) ?? new Map<string, Membership>();
    rooms.set(roomId, room);
    return room;
  };

  return {
    async putMembership(membership) {
      const room = roomOf(membership.roomId);
      const { sk } = membershipKey(membership.roomId, membership.connectionId);
      const known = room.get(sk);
      if (known !== undefined && known.version >= membership.version) return 'superseded';
      room.set(sk, membership);
      return membership.on && known?.on !== true ? 'live' : 'written';
    },

    async deleteMembership(roomId, connectionId, version) {
      const { sk } = membershipKey(roomId, connectionId);
      const known = roomOf(roomId).get(sk);
      if (known !== undefined && known.version <= version) roomOf(roomId).delete(sk);
    },

    async hasMembershipRow(roomId, connectionId) {
      return roomOf(roomId).has(membershipKey(roomId, connectionId).sk);
    },

    async readMembers(roomId, { from, to, after }) {
      const { first, last } = sortKeysOf({ from, to });
      const rows = [...roomOf(roomId)]
        .filter(([sk]) => sk >= first && sk <= last && (after === undefined || sk > after))
        .sort(([one], [other]) => (one < other ? -1 : 1));
      const page = rows.slice(0, pageSize);
      const members = page
        .map(([, row]) => row)
        .filter(({ on, ttl }) => on && ttl > Math.floor(clock() / 1000))
        .map(({ connectionId, tokenExpiresAt, version, batch }) => ({
          connectionId,
          tokenExpiresAt,
          version,
          batch,
        }));
      // A Query that has evaluated as many as it may does not know whether there are more.
      const lastRead = page.length === pageSize ? page.at(-1)?.[0] : undefined;
      const rest = lastRead === undefined ? undefined : { from: positionOf(lastRead), to, after: lastRead };
      return { members, rest };
    },
  };
}
