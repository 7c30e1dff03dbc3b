import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POSITIONS, splitRoom, WHOLE_ROOM } from '../../lib/core/broadcast/room-slice.ts';
import type { RoomSlice, Store } from '../../lib/core/ports.ts';
import { membershipKey, positionOf } from '../../lib/store/keys.ts';
import { allMembers } from '../support/all-members.ts';
import { isLongForm } from '../support/long-form.ts';
import { aMembership, TTL } from '../support/rows.ts';
import { START } from '../support/virtual-time.ts';
import type { StoreUnderTest } from './store-suite.ts';

/** What every store must do with memberships. `clock` is the store's clock; the suite moves it. */
export function describeMemberships(
  name: string,
  start: (clock: () => number) => Promise<StoreUnderTest>,
): void {
  describe(`memberships on ${name}`, () => {
    let now = START;
    let running: StoreUnderTest;
    let store: Store;
    let count = 0;

    beforeAll(async () => {
      running = await start(() => now);
      store = running.store;
    });
    afterAll(() => running.stop());

    let roomId = '';
    const membership = (connectionId: string, version: number, on = true) =>
      aMembership({ roomId, connectionId, version, on, tokenExpiresAt: START + 1_000 });
    const newRoom = () => {
      now = START;
      count += 1;
      roomId = `room-${count}`;
    };
    const members = () => allMembers(store, roomId);
    const memberIds = async () => (await members()).map((member) => member.connectionId).sort();

    it('memberships have all fields that a broadcast reads', async () => {
      newRoom();
      await store.putMembership(membership('a=', 3));
      await store.putMembership({ ...membership('b=', 4), batch: true });
      const found = await members();
      expect(found.sort((one, other) => one.version - other.version)).toEqual([
        { connectionId: 'a=', tokenExpiresAt: START + 1_000, version: 3, batch: false },
        { connectionId: 'b=', tokenExpiresAt: START + 1_000, version: 4, batch: true },
      ]);
    });

    it('memberships are written only if they are newer, and say when they went live', async () => {
      newRoom();
      expect(await store.putMembership(membership('a', 2, false))).toBe('written');
      expect(await store.putMembership(membership('a', 1))).toBe('superseded');
      expect(await store.putMembership(membership('a', 2))).toBe('superseded');
      expect(await memberIds()).toEqual([]);
      expect(await store.putMembership(membership('a', 3))).toBe('live');
      expect(await store.putMembership(membership('a', 4))).toBe('written');
      expect(await store.putMembership(membership('b', 1))).toBe('live');
      expect(await memberIds()).toEqual(['a', 'b']);
    });

    it('memberships are not deleted by a caller with an older version', async () => {
      newRoom();
      await store.putMembership(membership('a', 5));
      await store.deleteMembership(roomId, 'a', 4);
      expect(await memberIds()).toEqual(['a']);
      await store.deleteMembership(roomId, 'a', 5);
      await store.deleteMembership(roomId, 'a', 5);
      expect(await memberIds()).toEqual([]);
    });

    it('memberships past their TTL are not members', async () => {
      newRoom();
      await store.putMembership(membership('a', 1));
      now = TTL * 1000;
      expect(await memberIds()).toEqual([]);
    });

    it('memberships of one room are not read for another, even if its name begins alike', async () => {
      newRoom();
      await store.putMembership(membership('a', 1));
      const first = roomId;
      newRoom();
      await store.putMembership({ ...membership('b', 1), roomId: `${first}.x` });
      expect(await memberIds()).toEqual([]);
      roomId = first;
      expect(await memberIds()).toEqual(['a']);
    });

    it('memberships come in pages, each once', async () => {
      newRoom();
      const ids = Array.from({ length: 25 }, (_, index) => `member-${String(index).padStart(2, '0')}`);
      await Promise.all(ids.map((id) => store.putMembership(membership(id, 1))));
      expect(await memberIds()).toEqual(ids);
    });

    it('memberships have positions that spread evenly, by a hash of their id', async () => {
      newRoom();
      await store.putMembership(membership('a=', 1));
      const position = createHash('sha256').update('a=').digest().readUInt32BE();
      const at = { from: position, to: position + 1 };
      expect(await allMembers(store, roomId, at)).toHaveLength(1);
      expect(await allMembers(store, roomId, { from: 0, to: position })).toEqual([]);
      expect(await allMembers(store, roomId, { from: position + 1, to: POSITIONS })).toEqual([]);
    });

    it('memberships of two connections at the same position are both read, wherever a page ends', async () => {
      newRoom();
      // The first two ids of this kind whose hashes begin alike.
      const twins = ['c17439', 'c24164'];
      const [position, other] = twins.map((id) => positionOf(membershipKey(roomId, id).sk));
      expect(position).toBe(other);
      const before = Array.from({ length: 40 }, (_, index) => `before-${index}`)
        .filter((id) => positionOf(membershipKey(roomId, id).sk) < (position ?? 0))
        .slice(0, 9);
      expect(before).toHaveLength(9);
      await Promise.all([...before, ...twins].map((id) => store.putMembership(membership(id, 1))));
      const first = await store.readMembers(roomId, WHOLE_ROOM);
      expect(first.members.at(-1)?.connectionId).toBe(twins[0]);
      const [own, ...others] = splitRoom(first.rest ?? WHOLE_ROOM, 2);
      expect((await allMembers(store, roomId, own)).map(({ connectionId }) => connectionId)).toEqual([
        twins[1],
      ]);
      for (const part of others) expect(await allMembers(store, roomId, part)).toEqual([]);
    });

    it('a page of memberships comes with the rest of the slice, which continues after the page', async () => {
      newRoom();
      const ids = Array.from({ length: 15 }, (_, index) => `member-${index}`);
      await Promise.all(ids.map((id) => store.putMembership(membership(id, 1))));
      const first = await store.readMembers(roomId, WHOLE_ROOM);
      const rest = first.rest ?? WHOLE_ROOM;
      const last = first.members.at(-1)?.connectionId ?? '';
      expect(first.members).toHaveLength(10);
      expect(rest.from).toBe(createHash('sha256').update(last).digest().readUInt32BE());
      const others = await allMembers(store, roomId, rest);
      expect([...first.members, ...others].map((member) => member.connectionId).sort()).toEqual(ids.sort());
    });

    it('memberships are each in one slice of a room, however it is divided, while others join and leave', async () => {
      const part = fc.integer({ min: 0, max: POSITIONS });
      const names = fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { maxLength: 25 });
      const property = fc.asyncProperty(
        names,
        names,
        fc.array(part, { maxLength: 4 }),
        async (stay, move, cuts) => {
          newRoom();
          const moving = move.filter((id) => !stay.includes(id));
          const put = (id: number, version: number, on: boolean) =>
            store.putMembership(membership(`m${id}`, version, on));
          await Promise.all([...stay, ...moving.filter((id) => id % 2 === 0)].map((id) => put(id, 1, true)));
          const ends = [0, ...cuts.sort((one, other) => one - other), POSITIONS];
          const found: string[] = [];
          for (const [index, to] of ends.slice(1).entries()) {
            const from = ends[index] ?? 0;
            if (from === to) continue;
            const read = await allMembers(store, roomId, { from, to });
            found.push(...read.map(({ connectionId }) => connectionId));
            const mover = moving[index];
            if (mover !== undefined) await put(mover, 2, mover % 2 === 1);
          }
          expect(new Set(found).size).toBe(found.length);
          expect(found).toEqual(expect.arrayContaining(stay.map((id) => `m${id}`)));
        },
      );
      await fc.assert(property, { numRuns: isLongForm ? 15 : 10 });
    });

    it('memberships of the rest of a page are in one slice each when the rest is split', async () => {
      newRoom();
      const ids = Array.from({ length: 40 }, (_, index) => `split-${index}`);
      await Promise.all(ids.map((id) => store.putMembership(membership(id, 1))));
      const { members: first, rest = WHOLE_ROOM } = await store.readMembers(roomId, WHOLE_ROOM);
      const parts: RoomSlice[] = splitRoom(rest, 3);
      const pages = await Promise.all(parts.map((part) => allMembers(store, roomId, part)));
      expect([...first, ...pages.flat()].map(({ connectionId }) => connectionId).sort()).toEqual(ids.sort());
    });
  });
}
