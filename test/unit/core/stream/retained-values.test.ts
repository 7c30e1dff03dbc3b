import { expect, it } from 'vitest';
import type { LoggedEvent } from '../../../../lib/core/room-log.ts';
import { keepRetainedValues, retainedValuesOf } from '../../../../lib/core/stream/retained-values.ts';
import { START } from '../../../support/virtual-time.ts';
import { closing, logged, position, retainedValue } from './room-events.ts';
import { roomWith, streamRoom } from './stream-room.ts';

const SECONDS = START / 1000;
const DAY = 24 * 60 * 60;

async function roomThatKeeps(sent: readonly LoggedEvent[]) {
  const room = await roomWith([{}], streamRoom());
  const cursor = await room.cursor();
  await keepRetainedValues(room.deps.store, 'r', cursor, sent, START);
  const all = async () => (await room.deps.store.readAllRetainedValues('r', cursor.epoch)).values;
  return { ...room, cursor, all };
}

it('the value of a state is retained for sixty days, and the end of a position, without data, for one', async () => {
  const [p, q] = [logged(1, closing('p')), logged(2, position('q'))];
  const { all } = await roomThatKeeps([p, q]);
  expect(await all()).toEqual([
    { ...p, data: 'null', ttl: SECONDS + DAY },
    { ...q, ttl: SECONDS + 60 * DAY },
  ]);
});

it('an order is not retained', async () => {
  const { all } = await roomThatKeeps([logged(1), logged(2, { type: 'position_update' }), logged(3)]);
  expect(await all()).toEqual([]);
});

it('of several ends the last is retained, and nothing that was sent before it', async () => {
  const { all, deps, cursor } = await roomThatKeeps([logged(3, closing('p')), logged(4, closing('p'))]);
  await keepRetainedValues(deps.store, 'r', cursor, [logged(2, position('p'))], START);
  expect(await all()).toMatchObject([{ seq: 4, type: 'position_closed' }]);
});

/** A store that notes for how many states it is asked, and has a value of each. */
function countingStore() {
  const asked: (readonly string[])[] = [];
  return {
    asked,
    async readRetainedValues(_: string, __: string, keys: readonly string[]) {
      asked.push(keys);
      return keys.map((key) => ({ ...retainedValue(1, position('p')), key }));
    },
  };
}
const read = async (store: ReturnType<typeof countingStore>, events: readonly LoggedEvent[]) => {
  const { cursor } = await roomThatKeeps([]);
  return (await retainedValuesOf(store, 'r', cursor, events)).map(({ key }) => key);
};

it('retained values are read once for each state, and not at all if there is none', async () => {
  const store = countingStore();
  expect(await read(store, [logged(1), logged(2)])).toEqual([]);
  expect(store.asked).toEqual([]);
  const events = [logged(1, position('p')), logged(2, closing('p')), logged(3, position('q'))];
  expect(await read(store, events)).toEqual(['position p', 'position q']);
  expect(store.asked).toEqual([['position p', 'position q']]);
});

it.each([
  [100, [100]],
  [101, [100, 1]],
  [250, [100, 100, 50]],
])('retained values are read a hundred at a time, as for %i', async (count, sizes) => {
  const store = countingStore();
  const events = Array.from({ length: count }, (_, index) => logged(index + 1, position(`${index}`)));
  expect(await read(store, events)).toEqual(events.map(({ key }) => key));
  expect(store.asked.map(({ length }) => length)).toEqual(sizes);
});
