import { describe, expect, it } from 'vitest';
import { deliver } from '../../../../lib/core/stream/deliver.ts';
import { position } from './room-events.ts';
import { deliverNow, roomWith, streamRoom } from './stream-room.ts';

describe('a delivery that does not reach everybody', () => {
  it('because a page cannot be read throws, and the cursor stays: the room is sent this again', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    const first = { members: [{ connectionId: 'a', tokenExpiresAt: 9e15, version: 1, batch: false }] };
    const pages = [Promise.resolve({ ...first, rest: { from: 2 ** 31, to: 2 ** 32 } })];
    const readMembers = () => pages.shift() ?? Promise.reject(new Error('Query'));
    const deps = { ...room.deps, store: { ...room.deps.store, readMembers } };
    await expect(room.time.run(deliver(deps, 'r', await room.cursor()))).rejects.toThrow(
      'expected the delivery to reach every member',
    );
    expect(await room.cursor()).toMatchObject({ lastFrameSeq: 0, deliveredSeq: 0 });
    expect(room.reports).toMatchObject([{ status: 'retry' }]);

    await deliverNow(room);
    const numbers = room.chainOf('a');
    expect(numbers).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('because its time is up moves the cursor: it would be begun again for ever', async () => {
    const room = await roomWith([{}], streamRoom({ postsPerSecond: 0.01 }));
    for (const id of ['a', 'b', 'c']) await room.join(id);
    expect(await deliverNow(room)).toMatchObject({ lastFrameSeq: 1, deliveredSeq: 1 });
    expect(room.reports).toMatchObject([{ status: 'out_of_time' }]);
  });

  it('because one member cannot be served cuts it off and moves the cursor', async () => {
    const room = await roomWith([{}, {}]);
    for (const id of ['a', 'b']) await room.join(id);
    room.gateway.script('post', 'a', 'timed_out');
    expect(await deliverNow(room)).toMatchObject({ lastFrameSeq: 2, deliveredSeq: 2 });
    expect([room.chainOf('a'), room.gateway.isClosed('a')]).toEqual([[], true]);
    expect(room.chainOf('b')).toHaveLength(2);
  });

  it('because the cursor cannot be moved at first moves it later: nobody is sent anything twice', async () => {
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

  it('because a retained value cannot be kept at first keeps it later, and only then moves the cursor', async () => {
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

  it('because no retained value can be kept throws, and is sent again though another attempt has kept it', async () => {
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
    await expect(room.time.run(failed)).rejects.toThrow('throttled');
    expect(await room.cursor()).toMatchObject({ lastFrameSeq: 0, deliveredSeq: 0 });
    expect(await deliverNow(room)).toMatchObject({ lastFrameSeq: 2, deliveredSeq: 2 });
    const chain = [
      [0, 1],
      [1, 2],
    ];
    expect(room.chainOf('a')).toEqual([...chain, ...chain]);
  });

  it('because another writer has moved the cursor throws: what that one did stays', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    const outdated = await room.cursor();
    await roomWith([{}], room);
    await expect(room.time.run(deliver(room.deps, 'r', outdated))).rejects.toThrow('another writer');
    expect(await room.cursor()).toMatchObject({ seq: 2, deliveredSeq: 0 });
  });
});

describe('events that expired before they were sent', () => {
  const MINUTES_11 = 11 * 60_000;

  it('are named by the first frame behind them, so that every client learns that it has missed them', async () => {
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

  it('are counted, and leave a line that says which numbers they had', async () => {
    const room = await roomWith([{}]);
    await deliverNow(room);
    await roomWith([{}, {}], room);
    await room.time.advance(MINUTES_11);
    await roomWith([{}], room);
    await deliverNow(room);
    expect([room.notSent, room.errors]).toEqual([[2], ['events_missing']]);
  });

  it('are learned of by a ping and by the next frame also where nothing was left to send', async () => {
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
});
