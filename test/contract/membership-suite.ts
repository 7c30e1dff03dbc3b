import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Member, Membership, Store } from '../../lib/core/ports.ts';
import type { StoreUnderTest } from './store-suite.ts';

const NOW = 1_790_000_000_000;
const TTL = NOW / 1000 + 7_200;

/** What every store must do with memberships. `clock` is the store's clock; the suite moves it. */
export function describeMemberships(
  name: string,
  start: (clock: () => number) => Promise<StoreUnderTest>,
): void {
  describe(`memberships on ${name}`, () => {
    let now = NOW;
    let running: StoreUnderTest;
    let store: Store;
    let count = 0;

    beforeAll(async () => {
      running = await start(() => now);
      store = running.store;
    });
    afterAll(() => running.stop());

    let roomId = '';
    const membership = (connectionId: string, version: number, on = true): Membership => ({
      roomId,
      connectionId,
      version,
      on,
      userId: 'alice',
      tokenExpiresAt: NOW + 1_000,
      ttl: TTL,
    });
    const newRoom = () => {
      now = NOW;
      count += 1;
      roomId = `room-${count}`;
    };
    async function members(): Promise<Member[]> {
      const all: Member[] = [];
      for await (const page of store.members(roomId)) all.push(...page);
      return all;
    }
    const memberIds = async () => (await members()).map((member) => member.connectionId).sort();

    it('carry all that a broadcast must know', async () => {
      newRoom();
      await store.putMembership(membership('a=', 3));
      expect(await members()).toEqual([{ connectionId: 'a=', tokenExpiresAt: NOW + 1_000, version: 3 }]);
    });

    it('are written only if newer, and say when they went live', async () => {
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

    it('are not deleted by whoever knows an older version', async () => {
      newRoom();
      await store.putMembership(membership('a', 5));
      await store.deleteMembership(roomId, 'a', 4);
      expect(await memberIds()).toEqual(['a']);
      await store.deleteMembership(roomId, 'a', 5);
      await store.deleteMembership(roomId, 'a', 5);
      expect(await memberIds()).toEqual([]);
    });

    it('past their TTL are not members', async () => {
      newRoom();
      await store.putMembership(membership('a', 1));
      now = TTL * 1000;
      expect(await memberIds()).toEqual([]);
    });

    it('of one room are not seen from another, nor from a room whose name begins alike', async () => {
      newRoom();
      await store.putMembership(membership('a', 1));
      const first = roomId;
      newRoom();
      await store.putMembership({ ...membership('b', 1), roomId: `${first}.x` });
      expect(await memberIds()).toEqual([]);
      roomId = first;
      expect(await memberIds()).toEqual(['a']);
    });

    it('come in pages, each once', async () => {
      newRoom();
      const ids = Array.from({ length: 25 }, (_, index) => `member-${String(index).padStart(2, '0')}`);
      await Promise.all(ids.map((id) => store.putMembership(membership(id, 1))));
      expect(await memberIds()).toEqual(ids);
    });
  });
}
