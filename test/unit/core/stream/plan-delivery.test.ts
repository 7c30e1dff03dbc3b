import { expect, it } from 'vitest';
import { planDelivery } from '../../../../lib/core/stream/deliver.ts';
import { logged, position, retainedValue } from './room-events.ts';

const cursor = { deliveredSeq: 2, lastFrameSeq: 2 };
const seqs = (events: readonly { seq: number }[]) => events.map(({ seq }) => seq);

it('a delivery plan sends every order and covers the whole range that was read', () => {
  const events = [logged(3), logged(4)];
  const plan = planDelivery(cursor, { events, reached: 4, retained: [], maxFrames: 100 });
  expect(seqs(plan.send)).toEqual([3, 4]);
  expect(plan).toMatchObject({
    superseded: [],
    missing: 0,
    lastMissingSeq: 0,
    cursor: { deliveredSeq: 4, lastFrameSeq: 4 },
  });
});

it('a delivery plan leaves out an event that a newer one or a newer retained value supersedes', () => {
  const events = [logged(3, position('p')), logged(4, position('p')), logged(5, position('q'))];
  const retained = [retainedValue(9, position('q'))];
  const plan = planDelivery(cursor, { events, reached: 5, retained, maxFrames: 100 });
  expect([seqs(plan.send), seqs(plan.superseded)]).toEqual([[4], [3, 5]]);
  expect(plan.cursor).toEqual({ deliveredSeq: 5, lastFrameSeq: 4 });
});

it('a delivery plan stops at the last frame that fits and leaves the later events for the next delivery', () => {
  const events = [logged(3), logged(4), logged(6)];
  const plan = planDelivery(cursor, { events, reached: 6, retained: [], maxFrames: 2 });
  expect(seqs(plan.send)).toEqual([3, 4]);
  expect(plan).toMatchObject({ missing: 0, cursor: { deliveredSeq: 4, lastFrameSeq: 4 } });
});

it('a delivery plan counts numbers without an event, and its cursor names the last of them', () => {
  const plan = planDelivery(cursor, { events: [logged(4)], reached: 6, retained: [], maxFrames: 100 });
  expect(plan).toMatchObject({
    missing: 3,
    lastMissingSeq: 6,
    cursor: { deliveredSeq: 6, lastFrameSeq: 6 },
  });
});

it('a delivery plan without an event to send moves the cursor over the superseded events only', () => {
  const retained = [retainedValue(9, position('p'))];
  const events = [logged(3, position('p'))];
  const plan = planDelivery(cursor, { events, reached: 3, retained, maxFrames: 100 });
  expect(plan).toMatchObject({ send: [], cursor: { deliveredSeq: 3, lastFrameSeq: 2 } });
});
