import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../lib/core/ports.ts';
import type { Cursor, LoggedEvent, RetainedValue } from '../../lib/core/room-log.ts';
import { aCursor } from '../support/rows.ts';
import { START } from '../support/virtual-time.ts';
import type { StoreUnderTest } from './store-suite.ts';

const TTL = START / 1000 + 600;

/** What every store must do with what a room remembers. `clock` is the store's clock; the suite moves it. */
export function describeRoomLog(name: string, start: (clock: () => number) => Promise<StoreUnderTest>): void {
  describe(`a room's log on ${name}`, () => {
    let now = START;
    let running: StoreUnderTest;
    let store: Store;
    let count = 0;

    beforeAll(async () => {
      running = await start(() => now);
      store = running.store;
    });
    afterAll(() => running.stop());

    const newRoom = () => {
      now = START;
      count += 1;
      return `logged-${count}`;
    };
    const cursor = (changes: Partial<Cursor> = {}) => aCursor({ epoch: 'e1', ttl: TTL, ...changes });
    const event = (seq: number, changes: Partial<LoggedEvent> = {}): LoggedEvent => ({
      seq,
      sequenceNumber: String(100 + seq),
      type: 'order_executed',
      id: `event-${seq}`,
      publishedAt: START,
      data: '{"orderId":1}',
      ttl: TTL,
      ...changes,
    });
    const value = (seq: number, key: string, changes: Partial<LoggedEvent> = {}): RetainedValue => ({
      ...event(seq, { type: 'position_update', ...changes }),
      key,
    });

    const retainedValue = async (room: string, key: string) =>
      (await store.readRetainedValues(room, 'e1', [key])).at(0);
    async function allRetainedValues(room: string): Promise<RetainedValue[]> {
      const values: RetainedValue[] = [];
      let from: string | undefined;
      do {
        const page = await store.readAllRetainedValues(room, 'e1', from);
        values.push(...page.values);
        from = page.next;
      } while (from !== undefined);
      return values;
    }

    describe('the cursor', () => {
      it('the cursor is created once, and returned as it is', async () => {
        const room = newRoom();
        expect(await store.readCursor(room)).toBeUndefined();
        expect(await store.createCursor(room, cursor())).toBe(true);
        expect(await store.createCursor(room, cursor({ epoch: 'e2' }))).toBe(false);
        expect(await store.readCursor(room)).toEqual(cursor());
      });

      it('the cursor moves from what was read, and from nothing else', async () => {
        const room = newRoom();
        await store.createCursor(room, cursor());
        const moved = cursor({ seq: 3, lastSequenceNumber: '103' });
        expect(await store.advanceCursor(room, cursor(), moved)).toBe(true);
        expect(await store.advanceCursor(room, cursor(), cursor({ seq: 2 }))).toBe(false);
        expect(await store.advanceCursor(room, cursor({ epoch: 'e2', seq: 3 }), cursor({ seq: 4 }))).toBe(
          false,
        );
        expect(await store.advanceCursor(room, { ...moved, deliveredSeq: 3 }, cursor({ seq: 4 }))).toBe(
          false,
        );
        expect(await store.readCursor(room)).toEqual(moved);
      });

      it('the cursor does not move if there is none', async () => {
        const room = newRoom();
        expect(await store.advanceCursor(room, cursor(), cursor({ seq: 1 }))).toBe(false);
        expect(await store.readCursor(room)).toBeUndefined();
      });

      it('the cursor counts as absent from the second its TTL has passed, and another may be created', async () => {
        const room = newRoom();
        await store.createCursor(room, cursor());
        now = TTL * 1000;
        expect(await store.readCursor(room)).toBeUndefined();
        expect(await store.createCursor(room, cursor({ epoch: 'e2', ttl: TTL + 600 }))).toBe(true);
        expect((await store.readCursor(room))?.epoch).toBe('e2');
      });
    });

    describe('events', () => {
      it('events are read in order, between two numbers, as they were put', async () => {
        const room = newRoom();
        const events = Array.from({ length: 12 }, (_, index) => event(index + 1));
        const odd = event(13, { key: 'position 1', data: '{"text":"\\ud800 \u2028"}' });
        await Promise.all([...events, odd].map((each) => store.putEvent(room, 'e1', each)));
        const read = await store.readEvents(room, 'e1', { after: 9, upTo: 13 });
        expect(read).toEqual({ events: [...events.slice(9), odd], reached: 13 });
        const none = await store.readEvents(room, 'e1', { after: 13, upTo: 13 });
        expect(none.events).toEqual([]);
      });

      it('events are read by as many Queries as they need', async () => {
        const room = newRoom();
        const large = 'x'.repeat(120_000);
        const events = Array.from({ length: 20 }, (_, index) => event(index + 1, { data: large }));
        await Promise.all(events.map((each) => store.putEvent(room, 'e1', each)));
        const seen: number[] = [];
        let after = 0;
        while (after < 20) {
          const page = await store.readEvents(room, 'e1', { after, upTo: 20 });
          seen.push(...page.events.map(({ seq }) => seq));
          expect(page.reached).toBeGreaterThan(after);
          after = page.reached;
        }
        expect(seen).toEqual(events.map(({ seq }) => seq));
      });

      it('events of one epoch and room are not those of another', async () => {
        const [room, other] = [newRoom(), newRoom()];
        await store.putEvent(room, 'e1', event(1));
        expect((await store.readEvents(room, 'e2', { after: 0, upTo: 9 })).events).toEqual([]);
        expect((await store.readEvents(other, 'e1', { after: 0, upTo: 9 })).events).toEqual([]);
      });

      it('events may be written again, but an earlier message does not replace a later one with the same number', async () => {
        const room = newRoom();
        const later = event(1, { sequenceNumber: '200', id: 'later' });
        await store.putEvent(room, 'e1', event(1, { sequenceNumber: '198', id: 'first' }));
        await store.putEvent(room, 'e1', later);
        await store.putEvent(room, 'e1', { ...later, publishedAt: START + 1 });
        await store.putEvent(room, 'e1', event(1, { sequenceNumber: '199', id: 'earlier' }));
        const { events } = await store.readEvents(room, 'e1', { after: 0, upTo: 1 });
        expect(events).toMatchObject([{ id: 'later', publishedAt: START + 1 }]);
      });

      it('events count as absent from the second their TTL has passed', async () => {
        const room = newRoom();
        await store.putEvent(room, 'e1', event(1));
        await store.putEvent(room, 'e1', event(2, { ttl: TTL + 1 }));
        now = TTL * 1000;
        const { events } = await store.readEvents(room, 'e1', { after: 0, upTo: 2 });
        expect(events.map(({ seq }) => seq)).toEqual([2]);
      });
    });

    describe('the retained value of a state', () => {
      it('the retained value of a state is of the latest message of the stream, in whatever order writers write', async () => {
        const room = newRoom();
        await store.putRetainedValue(room, 'e1', value(5, 'position 1'));
        await store.putRetainedValue(room, 'e1', value(4, 'position 1'));
        expect((await retainedValue(room, 'position 1'))?.seq).toBe(5);
        await store.putRetainedValue(room, 'e1', value(6, 'position 1', { type: 'position_closed' }));
        expect(await retainedValue(room, 'position 1')).toEqual(
          value(6, 'position 1', { type: 'position_closed' }),
        );
      });

      it('the retained value of a state may be of a state with any name', async () => {
        const room = newRoom();
        const keys = ['__proto__', 'position #', `position ${'é'.repeat(3_000)}`, 'position \ud83d\ude00'];
        for (const [index, key] of keys.entries())
          await store.putRetainedValue(room, 'e1', value(index + 1, key));
        for (const key of keys) expect((await retainedValue(room, key))?.key).toBe(key);
      });

      it('the retained value of a state is read if two states have one row, such as halves of two surrogate pairs', async () => {
        const room = newRoom();
        await store.putRetainedValue(room, 'e1', value(1, 'position 1'));
        const keys = ['position \ud800', 'position \ud801', 'position 1', 'position 1'];
        const values = await store.readRetainedValues(room, 'e1', keys);
        expect([...new Set(values.map(({ key }) => key))]).toEqual(['position 1']);
      });

      it('the retained value of a state is read with those of all other states of the epoch', async () => {
        const [room, other] = [newRoom(), newRoom()];
        const values = Array.from({ length: 15 }, (_, index) =>
          value(index + 1, `position ${index}`, { data: 'x'.repeat(100_000) }),
        );
        await Promise.all(values.map((each) => store.putRetainedValue(room, 'e1', each)));
        await store.putRetainedValue(room, 'e2', value(1, 'position 1'));
        await store.putRetainedValue(other, 'e1', value(1, 'position 1'));
        await store.putEvent(room, 'e1', event(1));
        const bySeq = (read: readonly RetainedValue[]) => [...read].sort((one, two) => one.seq - two.seq);
        expect(bySeq(await allRetainedValues(room))).toEqual(values);
        const some = values.slice(3, 9);
        const keys = [...some.map(({ key }) => key), 'position of nobody'];
        expect(bySeq(await store.readRetainedValues(room, 'e1', keys))).toEqual(some);
      });

      it('the retained value of a state counts as absent from the second its TTL has passed, and any other may follow it', async () => {
        const room = newRoom();
        await store.putRetainedValue(room, 'e1', value(5, 'position 1'));
        now = TTL * 1000;
        expect(await retainedValue(room, 'position 1')).toBeUndefined();
        expect(await allRetainedValues(room)).toEqual([]);
        await store.putRetainedValue(room, 'e1', value(4, 'position 1', { ttl: TTL + 600 }));
        expect((await retainedValue(room, 'position 1'))?.seq).toBe(4);
      });
    });

    it('the log of a room is not among the members of the room', async () => {
      const room = newRoom();
      await store.createCursor(room, cursor());
      await store.putEvent(room, 'e1', event(1));
      expect((await store.readMembers(room, { from: 0, to: 2 ** 32 })).members).toEqual([]);
    });
  });
}
