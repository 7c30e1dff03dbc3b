import { describe, expect, it } from 'vitest';
import { append } from '../../../../lib/core/stream/append.ts';
import { flush } from '../../../../lib/core/stream/deliver.ts';
import { START } from '../../../support/virtual-time.ts';
import { flushIt, laneRoom, roomWith } from './lane-room.ts';
import { closing, inLane, position } from './room-events.ts';

describe('a flush', () => {
  it('sends every member what is in the log and was not sent, in order, and the head says so', async () => {
    const room = await roomWith([{}, {}, {}]);
    await room.join('a');
    await room.join('b');
    const head = await flushIt(room);
    const chain = [
      [0, 1],
      [1, 2],
      [2, 3],
    ];
    expect([room.chainOf('a'), room.chainOf('b')]).toEqual([chain, chain]);
    expect(head).toEqual(await room.head());
    expect(head).toMatchObject({ seq: 3, sent: 3, flushed: 3, flushedAt: START });
  });

  it('sends what was not sent yet, and nothing else', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    await flushIt(room);
    await roomWith([{}], room);
    await flushIt(room);
    expect(room.chainOf('a')).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it('conflates, and has flushed also what it left out', async () => {
    const room = await roomWith([position('p'), {}, position('p'), { ...position('p'), publishedAt: 1 }]);
    await room.join('a');
    expect(await flushIt(room)).toMatchObject({ seq: 4, sent: 3, flushed: 4 });
    expect(room.chainOf('a')).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });

  it('with nothing to send posts and reports nothing', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    const head = await flushIt(room);
    room.calls.length = 0;
    expect(await flush(room.deps, 'r', head)).toBe(head);
    expect(room.calls).toEqual([]);
    expect(room.reports).toHaveLength(1);
  });

  it('knows what was sent before: sends nothing that is older, nor of a position that is closed', async () => {
    const room = await roomWith([position('p'), closing('q')]);
    await room.join('a');
    await flushIt(room);
    await roomWith([{ ...position('p'), publishedAt: 1 }, position('q'), position('s')], room);
    expect(await flushIt(room)).toMatchObject({ seq: 5, sent: 5, flushed: 5 });
    expect(room.chainOf('a')).toEqual([
      [0, 1],
      [1, 2],
      [2, 5],
    ]);
  });

  it('of events that are all older than what was sent posts nothing, but moves the head', async () => {
    const room = await roomWith([position('p')]);
    await flushIt(room);
    await roomWith([{ ...position('p'), publishedAt: 1 }], room);
    room.calls.length = 0;
    expect(await flushIt(room)).toMatchObject({ seq: 2, sent: 1, flushed: 2 });
    expect(room.calls).not.toContain('post');
    expect(room.reports).toHaveLength(1);
  });

  it('reads the members when the head counts the events, then posts, then moves the head', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    room.calls.length = 0;
    await flushIt(room);
    expect(room.calls).toEqual(['readHead', 'readEvents', 'readMembers', 'post', 'moveHead']);
  });

  it('reads last values before it decides what to send, and keeps what it sent before the head moves', async () => {
    const room = await roomWith([position('p'), closing('q'), {}]);
    await room.join('a');
    room.calls.length = 0;
    const { epoch } = await flushIt(room);
    const [readLastValues, ...rest] = room.calls.slice(2);
    expect(readLastValues).toBe('readLastValues');
    expect([...rest.slice(0, -1)].sort()).toEqual(
      ['readMembers', 'putLastValue', 'putLastValue', 'post', 'post', 'post'].sort(),
    );
    expect(rest.at(-1)).toBe('moveHead');
    const kept = await room.deps.store.readLastValues('r', epoch, ['position p', 'position q']);
    expect(kept.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('keeps no last value of what it left for later', async () => {
    const room = await roomWith(
      [position('p'), position('q'), position('s')],
      laneRoom({ postsPerSecond: 1 }),
    );
    for (const id of ['a', 'b']) await room.join(id);
    const { epoch } = await flushIt(room);
    const { values } = await room.deps.store.readAllLastValues('r', epoch);
    expect(values.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('says in the head how long it took', async () => {
    const room = await roomWith([{}]);
    const { readMembers } = room.deps.store;
    const store: typeof room.deps.store = {
      ...room.deps.store,
      async readMembers(...page) {
        await room.deps.sleep(30);
        return readMembers(...page);
      },
    };
    await room.time.run(flush({ ...room.deps, store }, 'r', await room.head()));
    expect(await room.head()).toMatchObject({ flushedAt: START + 30, flushMs: 30 });
  });

  it('does not read again what was just logged', async () => {
    const room = laneRoom();
    await room.join('a');
    const { head, logged } = await append(room.deps, 'r', [inLane(1), inLane(2)]);
    room.calls.length = 0;
    await flush(room.deps, 'r', head, logged);
    expect(room.calls).not.toContain('readEvents');
    expect(room.chainOf('a').map(([, seq]) => seq)).toEqual([1, 2]);
  });

  it('reads the log where something before what was just logged was not sent', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    const { head, logged } = await append(room.deps, 'r', [inLane(2)]);
    await flush(room.deps, 'r', head, logged);
    expect(room.chainOf('a').map(([, seq]) => seq)).toEqual([1, 2]);
  });

  it('reports what became of it', async () => {
    const room = await roomWith([
      { publishedAt: START - 20 },
      { ...position('p'), publishedAt: START - 90 },
      { ...position('p'), publishedAt: START - 10, id: 'last' },
    ]);
    await room.join('a');
    await flushIt(room);
    expect(room.reports).toMatchObject([
      {
        roomId: 'r',
        events: 2,
        conflated: 1,
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
        complete: true,
      },
    ]);
  });
});

describe('a flush of more than fits', () => {
  it('takes as many frames as the rate after 429 allows, not the limit', async () => {
    const room = await roomWith([{}, {}, {}, {}], laneRoom({ postsPerSecond: 100 }));
    await room.join('a');
    const scheduler = { ...room.deps.scheduler, postsPerSecond: (limit: number) => limit / 250 };
    const flushed = await room.time.run(flush({ ...room.deps, scheduler }, 'r', await room.head()));
    expect(flushed).toMatchObject({ seq: 4, sent: 2, flushed: 2 });
  });

  it('sends what fits, in order, and leaves the rest, of which newer events may take the place', async () => {
    const room = await roomWith([{}, {}, position('p'), {}], laneRoom({ postsPerSecond: 1 }));
    for (const id of ['a', 'b']) await room.join(id);
    expect(await flushIt(room)).toMatchObject({ seq: 4, sent: 2, flushed: 2 });
    await roomWith([position('p')], room);
    expect(await flushIt(room)).toMatchObject({ seq: 5, sent: 5, flushed: 5 });
    expect(room.chainOf('a').map(([, seq]) => seq)).toEqual([1, 2, 4, 5]);
    expect(room.chainOf('b')).toEqual(room.chainOf('a'));
  });

  it('has not flushed what lies behind the last that it sent', async () => {
    const room = await roomWith([{}, {}, {}, position('p'), position('p')], laneRoom({ postsPerSecond: 1 }));
    for (const id of ['a', 'b']) await room.join(id);
    expect(await flushIt(room)).toMatchObject({ sent: 2, flushed: 2 });
  });

  it('of a log that is read in pages goes as far as the page', async () => {
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
    expect(await flush({ ...room.deps, store }, 'r', await room.head())).toMatchObject({
      sent: 2,
      flushed: 2,
    });
  });
});
