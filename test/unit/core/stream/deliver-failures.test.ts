import { expect, it } from 'vitest';
import { deliver } from '../../../../lib/core/stream/deliver.ts';
import { aMember } from '../../../support/rows.ts';
import { position } from './room-events.ts';
import { deliverNow, roomWith, streamRoom } from './stream-room.ts';

it('a delivery that cannot read a page throws and leaves the cursor, so that it is retried', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  const first = { members: [aMember({ connectionId: 'a' })] };
  const pages = [Promise.resolve({ ...first, rest: { from: 2 ** 31, to: 2 ** 32 } })];
  const readMembers = () => pages.shift() ?? Promise.reject(new Error('Query'));
  const deps = { ...room.deps, store: { ...room.deps.store, readMembers } };
  await expect(room.time.run(deliver(deps, 'r', await room.cursor()))).rejects.toMatchObject({
    message: expect.stringContaining('expected the delivery to reach every member'),
  });
  expect(await room.cursor()).toMatchObject({ lastFrameSeq: 0, deliveredSeq: 0 });
  expect(room.reports).toMatchObject([{ status: 'retry' }]);

  await deliverNow(room);
  const numbers = room.chainOf('a');
  expect(numbers).toEqual([
    [0, 1],
    [0, 1],
  ]);
});

it('a delivery whose time is up moves the cursor, because it would be retried again and again', async () => {
  const room = await roomWith([{}], streamRoom({ postsPerSecond: 0.01 }));
  for (const id of ['a', 'b', 'c']) await room.join(id);
  expect(await deliverNow(room)).toMatchObject({ lastFrameSeq: 1, deliveredSeq: 1 });
  expect(room.reports).toMatchObject([{ status: 'out_of_time' }]);
});

it('a delivery that cannot post to one member disconnects that member and moves the cursor', async () => {
  const room = await roomWith([{}, {}]);
  for (const id of ['a', 'b']) await room.join(id);
  room.gateway.script('post', 'a', 'timed_out');
  expect(await deliverNow(room)).toMatchObject({ lastFrameSeq: 2, deliveredSeq: 2 });
  expect([room.chainOf('a'), room.gateway.isClosed('a')]).toEqual([[], true]);
  expect(room.chainOf('b')).toHaveLength(2);
});

it('a delivery that cannot move the cursor at first retries only that, and sends no frame twice', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  const { advanceCursor } = room.deps.store;
  let tries = 0;
  const store: typeof room.deps.store = {
    ...room.deps.store,
    async advanceCursor(...write) {
      tries += 1;
      if (tries < 4) throw new Error('throttled');
      return advanceCursor(...write);
    },
  };
  await room.time.run(deliver({ ...room.deps, store }, 'r', await room.cursor()));
  expect(await room.cursor()).toMatchObject({ lastFrameSeq: 1, deliveredSeq: 1 });
  expect(room.chainOf('a')).toHaveLength(1);
});

it('a delivery that cannot save a retained value at first retries that, and only then moves the cursor', async () => {
  const room = await roomWith([position('p')]);
  await room.join('a');
  const { putRetainedValue, advanceCursor } = room.deps.store;
  const done: string[] = [];
  let tries = 0;
  const store: typeof room.deps.store = {
    ...room.deps.store,
    async putRetainedValue(...value) {
      tries += 1;
      if (tries < 4) throw new Error('throttled');
      await putRetainedValue(...value);
      done.push('putRetainedValue');
    },
    advanceCursor(...write) {
      done.push('advanceCursor');
      return advanceCursor(...write);
    },
  };
  await room.time.run(deliver({ ...room.deps, store }, 'r', await room.cursor()));
  expect(done).toEqual(['putRetainedValue', 'advanceCursor']);
  expect(room.chainOf('a')).toHaveLength(1);
});

it('a delivery that can save no retained value throws, and its retry sends the events again', async () => {
  const room = await roomWith([position('p'), position('q')]);
  await room.join('a');
  const { putRetainedValue } = room.deps.store;
  const store: typeof room.deps.store = {
    ...room.deps.store,
    async putRetainedValue(roomId, epoch, value) {
      if (value.key === 'position q') throw new Error('throttled');
      await putRetainedValue(roomId, epoch, value);
    },
  };
  const failed = deliver({ ...room.deps, store }, 'r', await room.cursor());
  await expect(room.time.run(failed)).rejects.toThrow(new Error('throttled'));
  expect(await room.cursor()).toMatchObject({ lastFrameSeq: 0, deliveredSeq: 0 });
  expect(await deliverNow(room)).toMatchObject({ lastFrameSeq: 2, deliveredSeq: 2 });
  const chain = [
    [0, 1],
    [1, 2],
  ];
  expect(room.chainOf('a')).toEqual([...chain, ...chain]);
});

it('a delivery whose cursor another writer has moved throws, and leaves the cursor of the other', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  const outdated = await room.cursor();
  await roomWith([{}], room);
  await expect(room.time.run(deliver(room.deps, 'r', outdated))).rejects.toMatchObject({
    message: expect.stringContaining('another writer'),
  });
  expect(await room.cursor()).toMatchObject({ seq: 2, deliveredSeq: 0 });
});

const MINUTES_11 = 11 * 60_000;

it('events that expired before they were sent are named by `prev` of the first frame after them', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  await deliverNow(room);
  await roomWith([{}, {}], room);
  await room.time.advance(MINUTES_11);
  await roomWith([{}], room);
  await deliverNow(room);
  expect(room.chainOf('a')).toEqual([
    [0, 1],
    [3, 4],
  ]);
});

it('events that expired before they were sent are counted, and logged with their numbers', async () => {
  const room = await roomWith([{}]);
  await deliverNow(room);
  await roomWith([{}, {}], room);
  await room.time.advance(MINUTES_11);
  await roomWith([{}], room);
  await deliverNow(room);
  expect([room.notSent, room.errors]).toEqual([[2], ['events_missing']]);
});

it('events that expired before they were sent are shown by a ping and by the next frame', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  await deliverNow(room);
  await roomWith([{}, {}], room);
  await room.time.advance(MINUTES_11);
  expect(await deliverNow(room)).toMatchObject({ seq: 3, lastFrameSeq: 3, deliveredSeq: 3 });
  await roomWith([{}], room);
  await deliverNow(room);
  expect(room.chainOf('a').at(-1)).toEqual([3, 4]);
});
