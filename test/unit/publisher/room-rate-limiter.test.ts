import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Outcome } from '../../../lib/publisher/outbox.ts';
import { type PreparedEvent, prepareEvent } from '../../../lib/publisher/room-event.ts';
import { createRoomRateLimiter } from '../../../lib/publisher/room-rate-limiter.ts';
import { manualTime } from '../../support/manual-time.ts';

type What = 'update' | 'close' | 'order';

const typeOf = { update: 'position_update', close: 'position_closed', order: 'order_executed' } as const;

/** A limiter of 100 events a second: ten at once, then one every ten milliseconds. */
function limiting() {
  const time = manualTime();
  const passed: string[] = [];
  const outcomes = new Map<string, Outcome>();
  const limiter = createRoomRateLimiter(100, time, ({ event }) => passed.push(event.id));
  const offer = (id: string, what: What, positionId = 1, publishedAt = time.now(), roomId = '42') => {
    const event = { type: typeOf[what], roomId, data: { positionId }, id, publishedAt };
    const prepared = prepareEvent(event, { newId: () => '', now: time.now });
    if (!prepared.ok) throw new Error(prepared.message);
    const settle = (outcome: Outcome) => outcomes.set(id, outcome);
    limiter.offer({ event: prepared.value as PreparedEvent, settle });
  };
  /** Uses up what passes at once. */
  const exhaust = () => {
    for (let count = 0; count < 10; count += 1) offer(`first ${count}`, 'update', 100 + count);
    passed.length = 0;
  };
  return { time, passed, outcomes, limiter, offer, exhaust };
}

it('a room below its ceiling gets every event at once', () => {
  const { offer, passed } = limiting();
  for (const id of ['a', 'b', 'c']) offer(id, 'update');
  expect(passed).toEqual(['a', 'b', 'c']);
});

it('a room without a ceiling gets every event at once, and nothing waits', () => {
  const passed: unknown[] = [];
  const limiter = createRoomRateLimiter(Number.POSITIVE_INFINITY, manualTime(), (outgoing) =>
    passed.push(outgoing),
  );
  const outgoing = { event: {} as PreparedEvent, settle: () => undefined };
  for (let count = 0; count < 1_000; count += 1) limiter.offer(outgoing);
  expect([passed.length, limiter.waiting]).toEqual([1_000, 0]);
});

it('thousands of rooms in one moment cost time in proportion to their number: a new room does not scan the idle ones', () => {
  let looks = 0;
  const time = manualTime();
  const now = () => {
    looks += 1;
    return time.now();
  };
  const limiter = createRoomRateLimiter(100, { ...time, now }, () => undefined);
  const settle = () => undefined;
  const offer = (roomId: string) =>
    limiter.offer({ event: { type: 'order_executed', roomId } as PreparedEvent, settle });
  for (let room = 0; room < 8_000; room += 1) offer(String(room));
  expect(looks).toBeLessThan(5 * 8_000);
});

it('a room above its ceiling gets the newest of each state when there is room again; the others are superseded', async () => {
  const { time, offer, exhaust, passed, outcomes } = limiting();
  exhaust();
  for (const id of ['a1', 'a2', 'a3']) offer(id, 'update', 1);
  for (const id of ['b1', 'b2']) offer(id, 'update', 2);
  expect(passed).toEqual([]);
  await time.advance(20);
  expect(passed).toEqual(['a3', 'b2']);
  const superseded = { status: 'superseded' };
  expect(Object.fromEntries(outcomes)).toEqual({ a1: superseded, a2: superseded, b1: superseded });
});

it('a room above its ceiling still gets every order and every closed position at once', () => {
  const { offer, exhaust, passed } = limiting();
  exhaust();
  for (const id of ['a', 'b', 'c']) offer(id, 'order');
  offer('d', 'close', 9);
  expect(passed).toEqual(['a', 'b', 'c', 'd']);
});

it('a room above its ceiling gets no value of a position after its end', async () => {
  const { time, offer, exhaust, passed, outcomes } = limiting();
  exhaust();
  offer('value', 'update', 1);
  offer('end', 'close', 1);
  await time.advance(1_000);
  expect(passed).toEqual(['end']);
  expect(outcomes.get('value')).toEqual({ status: 'superseded' });
});

it('a room above its ceiling keeps the value that was published later, whichever was offered later', async () => {
  const { time, offer, exhaust, passed } = limiting();
  exhaust();
  offer('newer', 'update', 1, time.now() + 5);
  offer('older', 'update', 1, time.now());
  await time.advance(10);
  expect(passed).toEqual(['newer']);
});

it('a room above its ceiling does not send a value that was published before the one that waits, when there is room again', async () => {
  const { time, offer, exhaust, passed, outcomes } = limiting();
  exhaust();
  await time.advance(9);
  offer('newer', 'update', 1, time.now() + 5);
  await time.advance(5);
  offer('older', 'update', 1, time.now() - 5);
  await time.advance(10);
  expect(passed).toEqual(['newer']);
  expect(outcomes.get('older')).toEqual({ status: 'superseded' });
});

it('a room above its ceiling does not delay another room', () => {
  const { time, offer, exhaust, passed } = limiting();
  exhaust();
  offer('elsewhere', 'update', 1, time.now(), '43');
  expect(passed).toEqual(['elsewhere']);
});

it('a room above its ceiling gets no more than its ceiling in any second, and a tenth at once', async () => {
  const { time, offer, passed } = limiting();
  for (let round = 0; round < 100; round += 1) {
    for (let position = 0; position < 50; position += 1) offer(`${round} ${position}`, 'update', position);
    await time.advance(10);
  }
  expect(passed.length).toBeGreaterThanOrEqual(99);
  expect(passed.length).toBeLessThanOrEqual(110);
});

const steps = fc.array(
  fc.record({
    what: fc.constantFrom<What>('update', 'update', 'update', 'close', 'order'),
    positionId: fc.integer({ min: 1, max: 4 }),
    pause: fc.constantFrom(0, 0, 0, 1, 15),
  }),
  { maxLength: 120, size: 'max' },
);

it('whatever is offered, no order is lost, every event has an end, and each position ends on its newest value', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (offered) => {
      const { time, offer, passed, outcomes, limiter } = limiting();
      for (const [index, { what, positionId, pause }] of offered.entries()) {
        offer(String(index), what, positionId);
        await time.advance(pause);
      }
      await time.advance(60_000);
      expect(limiter.waiting).toBe(0);
      expect(passed.length + outcomes.size).toBe(offered.length);
      const indices = (predicate: (step: (typeof offered)[number]) => boolean) =>
        offered.flatMap((step, index) => (predicate(step) ? [String(index)] : []));
      const mustPass = indices(({ what }) => what !== 'update');
      expect(passed.filter((id) => mustPass.includes(id))).toEqual(mustPass);
      for (const positionId of [1, 2, 3, 4]) {
        const ofPosition = indices((step) => step.positionId === positionId && step.what !== 'order');
        const told = passed.filter((id) => ofPosition.includes(id));
        expect(told.at(-1)).toBe(ofPosition.at(-1));
        expect(told).toEqual([...told].sort((one, other) => Number(one) - Number(other)));
      }
    }),
    { numRuns: 60 },
  );
});
