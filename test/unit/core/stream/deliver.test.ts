import { expect, it } from 'vitest';
import { append } from '../../../../lib/core/stream/append.ts';
import { deliver } from '../../../../lib/core/stream/deliver.ts';
import { START } from '../../../support/virtual-time.ts';
import { closing, inStream, position } from './room-events.ts';
import { deliverNow, roomWith, streamRoom } from './stream-room.ts';

it('a delivery sends every member the logged events that were not sent, in order, and moves the cursor', async () => {
  const room = await roomWith([{}, {}, {}]);
  await room.join('a');
  await room.join('b');
  const cursor = await deliverNow(room);
  const chain = [
    [0, 1],
    [1, 2],
    [2, 3],
  ];
  expect([room.chainOf('a'), room.chainOf('b')]).toEqual([chain, chain]);
  expect(cursor).toEqual(await room.cursor());
  expect(cursor).toMatchObject({ seq: 3, lastFrameSeq: 3, deliveredSeq: 3, deliveredAt: START });
});

it('a delivery sends only what was not sent yet', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  await deliverNow(room);
  await roomWith([{}], room);
  await deliverNow(room);
  expect(room.chainOf('a')).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

it('a delivery conflates, and counts as delivered what it left out', async () => {
  const room = await roomWith([position('p'), {}, position('p'), { ...position('p'), publishedAt: 1 }]);
  await room.join('a');
  expect(await deliverNow(room)).toMatchObject({ seq: 4, lastFrameSeq: 3, deliveredSeq: 4 });
  expect(room.chainOf('a')).toEqual([
    [0, 2],
    [2, 3],
  ]);
});

it('a delivery with nothing to send posts and reports nothing', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  const cursor = await deliverNow(room);
  room.calls.length = 0;
  expect(await deliver(room.deps, 'r', cursor)).toBe(cursor);
  expect(room.calls).toEqual([]);
  expect(room.reports).toHaveLength(1);
});

it('a delivery sends nothing that is older than its retained value, or of a closed position', async () => {
  const room = await roomWith([position('p'), closing('q')]);
  await room.join('a');
  await deliverNow(room);
  await roomWith([{ ...position('p'), publishedAt: 1 }, position('q'), position('s')], room);
  expect(await deliverNow(room)).toMatchObject({ seq: 5, lastFrameSeq: 5, deliveredSeq: 5 });
  expect(room.chainOf('a')).toEqual([
    [0, 1],
    [1, 2],
    [2, 5],
  ]);
});

it('a delivery of events that are all outdated posts nothing, but moves the cursor', async () => {
  const room = await roomWith([position('p')]);
  await deliverNow(room);
  await roomWith([{ ...position('p'), publishedAt: 1 }], room);
  room.calls.length = 0;
  expect(await deliverNow(room)).toMatchObject({ seq: 2, lastFrameSeq: 1, deliveredSeq: 2 });
  expect(room.calls).not.toContain('post');
  expect(room.reports).toHaveLength(1);
});

it('a delivery reads the members after the cursor counts the events, then posts, then moves the cursor', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  room.calls.length = 0;
  await deliverNow(room);
  expect(room.calls).toEqual(['readCursor', 'readEvents', 'readMembers', 'post', 'advanceCursor']);
});

it('a delivery reads retained values before it decides, and writes them before the cursor moves', async () => {
  const room = await roomWith([position('p'), closing('q'), {}]);
  await room.join('a');
  room.calls.length = 0;
  const { epoch } = await deliverNow(room);
  const [readRetainedValues, ...rest] = room.calls.slice(2);
  expect(readRetainedValues).toBe('readRetainedValues');
  expect([...rest.slice(0, -1)].sort()).toEqual(
    ['readMembers', 'putRetainedValue', 'putRetainedValue', 'post', 'post', 'post'].sort(),
  );
  expect(rest.at(-1)).toBe('advanceCursor');
  const kept = await room.deps.store.readRetainedValues('r', epoch, ['position p', 'position q']);
  expect(kept.map(({ seq }) => seq)).toEqual([1, 2]);
});

it('a delivery writes no retained value of an event that it left for later', async () => {
  const room = await roomWith(
    [position('p'), position('q'), position('s')],
    streamRoom({ postsPerSecond: 1 }),
  );
  for (const id of ['a', 'b']) await room.join(id);
  const { epoch } = await deliverNow(room);
  const { values } = await room.deps.store.readAllRetainedValues('r', epoch);
  expect(values.map(({ seq }) => seq)).toEqual([1, 2]);
});

it('a delivery writes into the cursor how long it took', async () => {
  const room = await roomWith([{}]);
  const { readMembers } = room.deps.store;
  const store: typeof room.deps.store = {
    ...room.deps.store,
    async readMembers(...page) {
      await room.deps.sleep(30);
      return readMembers(...page);
    },
  };
  await room.time.run(deliver({ ...room.deps, store }, 'r', await room.cursor()));
  expect(await room.cursor()).toMatchObject({ deliveredAt: START + 30, deliveryMs: 30 });
});

it('a delivery does not read again what was just logged', async () => {
  const room = streamRoom();
  await room.join('a');
  const { cursor, logged } = await append(room.deps, 'r', [inStream(1), inStream(2)]);
  room.calls.length = 0;
  await deliver(room.deps, 'r', cursor, logged);
  expect(room.calls).not.toContain('readEvents');
  expect(room.chainOf('a').map(([, seq]) => seq)).toEqual([1, 2]);
});

it('a delivery reads the log if something before what was just logged was not sent', async () => {
  const room = await roomWith([{}]);
  await room.join('a');
  const { cursor, logged } = await append(room.deps, 'r', [inStream(2)]);
  await deliver(room.deps, 'r', cursor, logged);
  expect(room.chainOf('a').map(([, seq]) => seq)).toEqual([1, 2]);
});

it('a delivery reports what became of it', async () => {
  const room = await roomWith([
    { publishedAt: START - 20 },
    { ...position('p'), publishedAt: START - 90 },
    { ...position('p'), publishedAt: START - 10, id: 'last' },
  ]);
  await room.join('a');
  await deliverNow(room);
  expect(room.reports).toMatchObject([
    {
      roomId: 'r',
      events: 2,
      superseded: 1,
      fromSeq: 1,
      toSeq: 3,
      firstSeq: 1,
      lastSeq: 3,
      lastEventId: 'last',
      publishedAt: START - 20,
      startedAt: START,
      endedAt: START,
      delivered: 1,
      posts: 2,
      status: 'complete',
    },
  ]);
});

it('a delivery takes as many frames as the rate after 429 allows', async () => {
  const room = await roomWith([{}, {}, {}, {}], streamRoom({ postsPerSecond: 100 }));
  await room.join('a');
  const scheduler = { ...room.deps.scheduler, postsPerSecond: (limit: number) => limit / 250 };
  const cursor = await room.time.run(deliver({ ...room.deps, scheduler }, 'r', await room.cursor()));
  expect(cursor).toMatchObject({ seq: 4, lastFrameSeq: 2, deliveredSeq: 2 });
});

it('a delivery that is too large sends what fits, in order, and leaves the rest', async () => {
  const room = await roomWith([{}, {}, position('p'), {}], streamRoom({ postsPerSecond: 1 }));
  for (const id of ['a', 'b']) await room.join(id);
  expect(await deliverNow(room)).toMatchObject({ seq: 4, lastFrameSeq: 2, deliveredSeq: 2 });
  await roomWith([position('p')], room);
  expect(await deliverNow(room)).toMatchObject({ seq: 5, lastFrameSeq: 5, deliveredSeq: 5 });
  expect(room.chainOf('a').map(([, seq]) => seq)).toEqual([1, 2, 4, 5]);
  expect(room.chainOf('b')).toEqual(room.chainOf('a'));
});

it('a delivery that is too large does not count as delivered what is behind the last event that it sent', async () => {
  const room = await roomWith([{}, {}, {}, position('p'), position('p')], streamRoom({ postsPerSecond: 1 }));
  for (const id of ['a', 'b']) await room.join(id);
  expect(await deliverNow(room)).toMatchObject({ lastFrameSeq: 2, deliveredSeq: 2 });
});

it('a delivery of a log that is read in pages goes as far as the page', async () => {
  const room = await roomWith([{}, {}, {}]);
  await room.join('a');
  const { readEvents } = room.deps.store;
  const store: typeof room.deps.store = {
    ...room.deps.store,
    readEvents: async (roomId, epoch, { after }) => ({
      ...(await readEvents(roomId, epoch, { after, upTo: after + 2 })),
      reached: after + 2,
    }),
  };
  expect(await deliver({ ...room.deps, store }, 'r', await room.cursor())).toMatchObject({
    lastFrameSeq: 2,
    deliveredSeq: 2,
  });
});
