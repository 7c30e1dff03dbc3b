import { expect, it } from 'vitest';
import type { LoggedEvent, RetainedValue } from '../../../../lib/core/room-log.ts';
import { conflate, newestOf } from '../../../../lib/core/stream/conflate.ts';
import { START } from '../../../support/virtual-time.ts';
import { closing, logged, position, retainedValue } from './room-events.ts';

const numbers = (events: readonly LoggedEvent[]) => events.map(({ seq }) => seq);
const at = (later: number) => ({ publishedAt: START + later });

/** The numbers of what is sent, and of the value that then is the newest. */
function outcome(events: readonly LoggedEvent[], known: readonly RetainedValue[] = []) {
  const newest = [...newestOf(events, known).values()];
  return { sent: numbers(conflate(events, known)), newest: numbers(newest) };
}

it('conflation leaves out an event if a newer one of the same state follows', () => {
  const events = [
    logged(1, position('p')),
    logged(2, position('q')),
    logged(3, { type: 'leaderboard_update' }),
    logged(4, position('p')),
    logged(5, { type: 'leaderboard_update' }),
    logged(6, { type: 'room_state_changed' }),
  ];
  expect(numbers(conflate(events, []))).toEqual([2, 4, 5, 6]);
});

it('conflation leaves out the updates of a position that is closed before or after them', () => {
  const events = [
    logged(1, position('p')),
    logged(2, closing('p')),
    logged(3, { ...position('p'), ...at(9) }),
  ];
  expect(outcome(events)).toEqual({ sent: [2], newest: [2] });
});

it('conflation leaves every update of a position that has no id', () => {
  const nameless = { type: 'position_update', data: {} } as const;
  expect(numbers(conflate([logged(1, nameless), logged(2, nameless)], []))).toEqual([1, 2]);
});

it('an event that is older than the one before it is not sent, and the retained value stays', () => {
  const events = [logged(1, { ...position('p'), ...at(2) }), logged(2, { ...position('p'), ...at(1) })];
  expect(outcome(events)).toEqual({ sent: [1], newest: [1] });
});

it('an event that is older than the retained value is not sent, and the retained value stays', () => {
  const known = retainedValue(4, { ...position('p'), ...at(2) });
  expect(outcome([logged(5, { ...position('p'), ...at(1) })], [known])).toEqual({ sent: [], newest: [4] });
});

it('an event that is newer than the retained value is sent, and becomes the retained value', () => {
  const known = retainedValue(4, { ...position('p'), ...at(1) });
  expect(outcome([logged(5, { ...position('p'), ...at(2) })], [known])).toEqual({ sent: [5], newest: [5] });
});

it('of two events that were published at the same time the later in the stream is the retained value', () => {
  const events = [logged(2, position('p')), logged(3, position('p'))];
  expect(outcome(events)).toEqual({ sent: [3], newest: [3] });
  expect(outcome(events, [retainedValue(1, position('p'))])).toEqual({ sent: [3], newest: [3] });
});

it('an update of a closed position is not sent, however new, and the tombstone stays', () => {
  const known = retainedValue(4, { ...closing('p'), ...at(1) });
  expect(outcome([logged(5, { ...position('p'), ...at(9) })], [known])).toEqual({ sent: [], newest: [4] });
});

it('the end of a position is always sent, however old', () => {
  const known = retainedValue(4, { ...position('p'), ...at(9) });
  expect(outcome([logged(5, { ...closing('p'), ...at(1) })], [known])).toEqual({ sent: [5], newest: [5] });
});

it('an event of another state is not compared', () => {
  const known = retainedValue(4, { ...position('p'), ...at(9) });
  const others = [logged(5, { ...position('q'), ...at(1) }), logged(6, { type: 'room_state_changed' })];
  expect(outcome(others, [known])).toEqual({ sent: [5, 6], newest: [4, 5, 6] });
});

const three = [1, 2, 3].map((seq) => logged(seq, position('p')));

it('a retained value among the events is sent again if it is still the newest, and those before it are not', () => {
  const events = [...three, logged(4, { ...position('p'), ...at(-1) })];
  expect(outcome(events, [retainedValue(3, position('p'))])).toEqual({ sent: [3], newest: [3] });
});

it('a retained value among the events is not sent again if a newer one follows', () => {
  expect(outcome(three, [retainedValue(2, position('p'))])).toEqual({ sent: [3], newest: [3] });
});

it('a tombstone among the events is sent again', () => {
  const events = [...three, logged(4, closing('p')), logged(5, { ...position('p'), ...at(9) })];
  expect(outcome(events, [retainedValue(4, closing('p'))])).toEqual({ sent: [4], newest: [4] });
});

it.each([
  ['value', position('p')],
  ['end', closing('p')],
])('a retained %s that is later than all events replaces them, whenever it was published', (_, known) => {
  const later = retainedValue(9, { ...known, ...at(-5) });
  expect(outcome(three, [later])).toEqual({ sent: [], newest: [9] });
});
