import { describe, expect, it } from 'vitest';
import { flush } from '../../../../lib/core/stream/deliver.ts';
import { flushIt, laneRoom, roomWith } from './lane-room.ts';
import { position } from './room-events.ts';

describe('a flush that does not reach everybody', () => {
  it('because a page cannot be read throws, and the head stays: the room is sent this again', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    const first = { members: [{ connectionId: 'a', tokenExpiresAt: 9e15, version: 1, batch: false }] };
    const pages = [Promise.resolve({ ...first, rest: { from: 2 ** 31, to: 2 ** 32 } })];
    const readMembers = () => pages.shift() ?? Promise.reject(new Error('Query'));
    const deps = { ...room.deps, store: { ...room.deps.store, readMembers } };
    await expect(room.time.run(flush(deps, 'r', await room.head()))).rejects.toThrow('not every member');
    expect(await room.head()).toMatchObject({ sent: 0, flushed: 0 });
    expect(room.reports).toMatchObject([{ complete: false, interrupted: true }]);

    await flushIt(room);
    const numbers = room.chainOf('a');
    expect(numbers).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('because its time is up moves the head: it would be begun again for ever', async () => {
    const room = await roomWith([{}], laneRoom({ postsPerSecond: 0.01 }));
    for (const id of ['a', 'b', 'c']) await room.join(id);
    expect(await flushIt(room)).toMatchObject({ sent: 1, flushed: 1 });
    expect(room.reports).toMatchObject([{ complete: false, interrupted: false }]);
  });

  it('because one member cannot be served cuts it off and moves the head', async () => {
    const room = await roomWith([{}, {}]);
    for (const id of ['a', 'b']) await room.join(id);
    room.gateway.script('post', 'a', 'timed_out');
    expect(await flushIt(room)).toMatchObject({ sent: 2, flushed: 2 });
    expect([room.chainOf('a'), room.gateway.isClosed('a')]).toEqual([[], true]);
    expect(room.chainOf('b')).toHaveLength(2);
  });

  it('because the head cannot be moved at first moves it later: nobody is sent anything twice', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    const { moveHead } = room.deps.store;
    let tries = 0;
    const store: typeof room.deps.store = {
      ...room.deps.store,
      async moveHead(...write) {
        tries += 1;
        if (tries < 4) throw new Error('throttled');
        return moveHead(...write);
      },
    };
    await room.time.run(flush({ ...room.deps, store }, 'r', await room.head()));
    expect(await room.head()).toMatchObject({ sent: 1, flushed: 1 });
    expect(room.chainOf('a')).toHaveLength(1);
  });

  it('because a last value cannot be kept at first keeps it later, and only then moves the head', async () => {
    const room = await roomWith([position('p')]);
    await room.join('a');
    const { putLastValue, moveHead } = room.deps.store;
    const done: string[] = [];
    let tries = 0;
    const store: typeof room.deps.store = {
      ...room.deps.store,
      async putLastValue(...value) {
        tries += 1;
        if (tries < 4) throw new Error('throttled');
        await putLastValue(...value);
        done.push('putLastValue');
      },
      moveHead(...write) {
        done.push('moveHead');
        return moveHead(...write);
      },
    };
    await room.time.run(flush({ ...room.deps, store }, 'r', await room.head()));
    expect(done).toEqual(['putLastValue', 'moveHead']);
    expect(room.chainOf('a')).toHaveLength(1);
  });

  it('because no last value can be kept throws, and is sent again though another attempt has kept it', async () => {
    const room = await roomWith([position('p'), position('q')]);
    await room.join('a');
    const { putLastValue } = room.deps.store;
    const store: typeof room.deps.store = {
      ...room.deps.store,
      async putLastValue(roomId, epoch, value) {
        if (value.key === 'position q') throw new Error('throttled');
        await putLastValue(roomId, epoch, value);
      },
    };
    const failed = flush({ ...room.deps, store }, 'r', await room.head());
    await expect(room.time.run(failed)).rejects.toThrow('throttled');
    expect(await room.head()).toMatchObject({ sent: 0, flushed: 0 });
    expect(await flushIt(room)).toMatchObject({ sent: 2, flushed: 2 });
    const chain = [
      [0, 1],
      [1, 2],
    ];
    expect(room.chainOf('a')).toEqual([...chain, ...chain]);
  });

  it('because another writer has moved the head throws: what that one did stays', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    const outdated = await room.head();
    await roomWith([{}], room);
    await expect(room.time.run(flush(room.deps, 'r', outdated))).rejects.toThrow('another writer');
    expect(await room.head()).toMatchObject({ seq: 2, flushed: 0 });
  });
});

describe('events that expired before they were sent', () => {
  const MINUTES_11 = 11 * 60_000;

  it('are named by the first frame behind them, so that every client learns that it has missed them', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    await flushIt(room);
    await roomWith([{}, {}], room);
    await room.time.advance(MINUTES_11);
    await roomWith([{}], room);
    await flushIt(room);
    expect(room.chainOf('a')).toEqual([
      [0, 1],
      [3, 4],
    ]);
  });

  it('are counted, and leave a line that says which numbers they had', async () => {
    const room = await roomWith([{}]);
    await flushIt(room);
    await roomWith([{}, {}], room);
    await room.time.advance(MINUTES_11);
    await roomWith([{}], room);
    await flushIt(room);
    expect([room.notSent, room.errors]).toEqual([[2], ['events_missing']]);
  });

  it('are learned of by a ping and by the next frame also where nothing was left to send', async () => {
    const room = await roomWith([{}]);
    await room.join('a');
    await flushIt(room);
    await roomWith([{}, {}], room);
    await room.time.advance(MINUTES_11);
    expect(await flushIt(room)).toMatchObject({ seq: 3, sent: 3, flushed: 3 });
    await roomWith([{}], room);
    await flushIt(room);
    expect(room.chainOf('a').at(-1)).toEqual([3, 4]);
  });
});
