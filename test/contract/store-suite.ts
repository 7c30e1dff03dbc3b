import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, RoomEntry } from '../../lib/core/connection/connection.ts';
import { MAX_REMEMBERED_ROOMS } from '../../lib/core/connection/refusal.ts';
import type { Store } from '../../lib/core/ports.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../lib/protocol/limits.ts';
import { aUser, TTL } from '../support/rows.ts';
import { START } from '../support/virtual-time.ts';

export interface StoreUnderTest {
  store: Store;
  /** Puts these rooms into the row of a connection that has none, as a `setRoom` of each would. */
  setRooms(connectionId: string, rooms: ReadonlyMap<string, RoomEntry>): Promise<void>;
  stop(): Promise<void>;
}

/** What every store must do. `clock` is the store's clock; the suite moves it. */
export function describeStore(name: string, start: (clock: () => number) => Promise<StoreUnderTest>): void {
  describe(`store on ${name}`, () => {
    let now = START;
    let running: StoreUnderTest;
    let store: Store;
    let count = 0;

    beforeAll(async () => {
      running = await start(() => now);
      store = running.store;
    });
    afterAll(() => running.stop());

    const alice = aUser();

    async function connected(): Promise<string> {
      now = START;
      count += 1;
      const connectionId = `connection-${count}=`;
      await store.createConnection({ connectionId, connectedAt: START, ttl: TTL });
      return connectionId;
    }
    const entry = (on: boolean, sentAt: number): RoomEntry => ({
      on,
      sentAt,
      request: { echo: { roomId: 'r' } },
    });
    const numbered = (prefix: string, count: number, on: boolean) =>
      Array.from({ length: count }, (_, index): [string, RoomEntry] => [
        `${prefix}${index}`,
        entry(on, START),
      ]);
    const versionOf = async (id: string) => (await store.getConnection(id))?.version;
    const must = (connection: Connection | undefined): Connection => {
      if (connection === undefined) throw new Error('the store refused the write');
      return connection;
    };

    describe('a connection', () => {
      it('a connection is returned as it was created', async () => {
        const id = await connected();
        expect(await store.getConnection(id)).toEqual({
          connectionId: id,
          version: 0,
          ttl: TTL,
          rooms: new Map(),
        });
      });

      it('a connection may be created twice by a repeated request, but not by another connect', async () => {
        const id = await connected();
        await store.createConnection({ connectionId: id, connectedAt: START, ttl: TTL });
        await expect(
          store.createConnection({ connectionId: id, connectedAt: START + 1, ttl: TTL }),
        ).rejects.toThrow(Error);
      });

      it('a connection counts as absent from the second its TTL has passed, for reads and for writes', async () => {
        const id = await connected();
        now = TTL * 1000;
        expect(await store.getConnection(id)).toBeUndefined();
        expect(await store.setRoom(id, 'r', entry(true, now))).toBeUndefined();
        expect(
          await store.setUser(id, { user: { ...alice, tokenExpiresAt: now + 1 }, sentAt: now }),
        ).toBeUndefined();
        expect(await store.markClosing(id, 'auth_timeout', 'if_unauthenticated')).toBeUndefined();
      });

      it('a connection is not created again by a message that arrives after its end', async () => {
        const id = await connected();
        await store.setRoom(id, 'r', entry(true, START));
        const deleted = await store.deleteConnection(id);
        expect([...(deleted?.rooms.keys() ?? [])]).toEqual(['r']);
        expect(await store.setRoom(id, 'r', entry(true, START + 1))).toBeUndefined();
        expect(await store.setUser(id, { user: alice, sentAt: START + 1 })).toBeUndefined();
        expect(await store.markClosing(id, 'auth_failed', 'always')).toBeUndefined();
        expect(await store.getConnection(id)).toBeUndefined();
        expect(await store.deleteConnection(id)).toBeUndefined();
      });

      it('a connection grows by one version with every change and with none that is refused', async () => {
        const id = await connected();
        await store.setUser(id, { user: alice, sentAt: START });
        await store.setRoom(id, 'r', entry(true, START));
        await store.setRoom(id, 'r', entry(false, START - 1));
        expect(await versionOf(id)).toBe(2);
      });
    });

    describe('a user', () => {
      it('a user is set, and renewed for the same user', async () => {
        const id = await connected();
        await store.setUser(id, { user: alice, sentAt: START });
        const renewed = { ...alice, tokenExpiresAt: alice.tokenExpiresAt + 1, allowedRooms: ['7'] };
        const connection = must(await store.setUser(id, { user: renewed, sentAt: START + 1 }));
        expect(connection.user).toEqual(renewed);
        expect(connection.authSentAt).toBe(START + 1);
      });

      it('a user is not replaced by another', async () => {
        const id = await connected();
        await store.setUser(id, { user: alice, sentAt: START });
        const mallory = { ...alice, userId: 'mallory' };
        expect(await store.setUser(id, { user: mallory, sentAt: START + 1 })).toBeUndefined();
        expect((await store.getConnection(id))?.user).toEqual(alice);
      });

      it('a user keeps the token that was sent last, in whatever order they arrive', async () => {
        const id = await connected();
        await store.setUser(id, { user: { ...alice, tokenExpiresAt: START + 2_000 }, sentAt: START + 2 });
        expect(
          await store.setUser(id, { user: { ...alice, tokenExpiresAt: START + 1_000 }, sentAt: START + 1 }),
        ).toBeUndefined();
        expect((await store.getConnection(id))?.user?.tokenExpiresAt).toBe(START + 2_000);
      });

      it('of two tokens of the same millisecond, a user keeps the one that was written last', async () => {
        const id = await connected();
        await store.setUser(id, { user: { ...alice, tokenExpiresAt: START + 1_000 }, sentAt: START });
        await store.setUser(id, { user: { ...alice, tokenExpiresAt: START + 2_000 }, sentAt: START });
        expect((await store.getConnection(id))?.user?.tokenExpiresAt).toBe(START + 2_000);
      });

      it('a user stops every message once its token has expired', async () => {
        const id = await connected();
        await store.setUser(id, { user: { ...alice, tokenExpiresAt: START + 1 }, sentAt: START });
        now = START + 1;
        expect(await store.setRoom(id, 'r', entry(true, now))).toBeUndefined();
        expect(await store.setUser(id, { user: alice, sentAt: now })).toBeUndefined();
      });
    });

    describe('a room', () => {
      it('a room keeps the request that asked for it, whatever its id holds', async () => {
        const id = await connected();
        const request = { id: 'half a pair \ud800', echo: { bullPenId: 42 } };
        await store.setRoom(id, '42', { on: true, sentAt: START, request });
        expect((await store.getConnection(id))?.rooms.get('42')).toEqual({
          on: true,
          sentAt: START,
          request,
        });
      });

      it.each(['__proto__', 'constructor', 'a.b:c-d_e'])('a room may be called %s', async (roomId) => {
        const id = await connected();
        const connection = must(await store.setRoom(id, roomId, entry(true, START)));
        expect(connection.rooms.get(roomId)?.on).toBe(true);
        expect(connection.rooms.size).toBe(1);
      });

      it.each([
        { first: true, second: false, later: 1, on: false },
        { first: false, second: true, later: 1, on: true },
        { first: true, second: false, later: -1, on: true },
        { first: false, second: true, later: -1, on: false },
        { first: true, second: false, later: 0, on: true },
        { first: false, second: true, later: 0, on: true },
      ])(
        'a room that is $first and then told $second, sent $later ms later, ends $on',
        async ({ first, second, later, on }) => {
          const id = await connected();
          await store.setRoom(id, 'r', entry(first, START));
          await store.setRoom(id, 'r', entry(second, START + later));
          expect((await store.getConnection(id))?.rooms.get('r')?.on).toBe(on);
        },
      );

      it('a room is refused above the maximum number of rooms, and accepted again after one is left', async () => {
        const id = await connected();
        await running.setRooms(id, new Map(numbered('r', MAX_ROOMS_PER_CONNECTION - 1, true)));
        must(await store.setRoom(id, 'last', entry(true, START)));
        expect(await store.setRoom(id, 'more', entry(true, START))).toBeUndefined();
        must(await store.setRoom(id, 'r0', entry(true, START + 1)));
        must(await store.setRoom(id, 'r0', entry(false, START + 2)));
        must(await store.setRoom(id, 'more', entry(true, START + 2)));
      });

      it('a room is refused when the row holds too many rooms, and accepted again after they are removed', async () => {
        const id = await connected();
        const rooms = numbered('left', MAX_REMEMBERED_ROOMS - 1, false);
        await running.setRooms(id, new Map(rooms));
        must(await store.setRoom(id, 'last', entry(false, START)));
        const left = [...rooms.map(([roomId]) => roomId), 'last'];
        expect(await store.setRoom(id, 'more', entry(true, START))).toBeUndefined();

        const stale = must(await store.getConnection(id));
        const current = must(await store.setRoom(id, 'left0', entry(true, START + 1)));
        expect(await store.pruneRooms(stale, left)).toBeUndefined();
        const remaining = must(await store.pruneRooms(current, left.slice(1)));
        expect([...remaining.rooms.keys()]).toEqual(['left0']);
        must(await store.setRoom(id, 'more', entry(true, START + 1)));
      });

      it('a room is turned off for a user without access, unless the connection has changed since it was read', async () => {
        const id = await connected();
        const seen = must(await store.setRoom(id, 'r', entry(true, START)));
        await store.setUser(id, { user: alice, sentAt: START });
        expect(await store.refuseRoom(seen, 'r')).toBeUndefined();
        const refused = must(await store.refuseRoom(must(await store.getConnection(id)), 'r'));
        expect(refused.rooms.get('r')).toEqual({ ...entry(false, START), refused: true });
      });
    });

    describe('closing', () => {
      it('a connection that is marked as closing takes no message, and is marked once', async () => {
        const id = await connected();
        expect(must(await store.markClosing(id, 'auth_timeout', 'if_unauthenticated')).closing).toBe(
          'auth_timeout',
        );
        expect(await store.setUser(id, { user: alice, sentAt: START })).toBeUndefined();
        expect(await store.setRoom(id, 'r', entry(true, START))).toBeUndefined();
        expect(await store.markClosing(id, 'auth_failed', 'always')).toBeUndefined();
        expect((await store.getConnection(id))?.closing).toBe('auth_timeout');
      });

      it('a mark of closing is a change, so a caller that read the connection before cannot turn off one of its rooms', async () => {
        const id = await connected();
        const seen = must(await store.setRoom(id, 'r', entry(true, START)));
        const closing = must(await store.markClosing(id, 'auth_timeout', 'always'));
        expect(closing.version).toBeGreaterThan(seen.version);
        expect(await store.refuseRoom(seen, 'r')).toBeUndefined();
      });

      it('the deadline does not mark a connection as closing that has authenticated', async () => {
        const id = await connected();
        await store.setUser(id, { user: alice, sentAt: START });
        expect(await store.markClosing(id, 'auth_timeout', 'if_unauthenticated')).toBeUndefined();
      });

      it('an expired token marks its connection as closing from the millisecond of its expiry on', async () => {
        const id = await connected();
        expect(await store.markClosing(id, 'token_expired', 'if_token_expired')).toBeUndefined();
        await store.setUser(id, { user: { ...alice, tokenExpiresAt: START + 10 }, sentAt: START });
        now = START + 9;
        expect(await store.markClosing(id, 'token_expired', 'if_token_expired')).toBeUndefined();
        now = START + 10;
        must(await store.markClosing(id, 'token_expired', 'if_token_expired'));
      });
    });
  });
}
