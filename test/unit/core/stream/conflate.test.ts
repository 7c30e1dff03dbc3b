import { describe, expect, it } from 'vitest';
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

describe('conflation of the events of one delivery', () => {
  it('is left out what a newer event of the same state says better', () => {
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

  it('is left out the update of a position that is closed before or behind it', () => {
    const events = [
      logged(1, position('p')),
      logged(2, closing('p')),
      logged(3, { ...position('p'), ...at(9) }),
    ];
    expect(outcome(events)).toEqual({ sent: [2], newest: [2] });
  });

  it('is sent every update of a position that has no id', () => {
    const nameless = { type: 'position_update', data: {} } as const;
    expect(numbers(conflate([logged(1, nameless), logged(2, nameless)], []))).toEqual([1, 2]);
  });
});

describe('of events of one state', () => {
  it('one that is older than the one before it is not sent, and the value stays', () => {
    const events = [logged(1, { ...position('p'), ...at(2) }), logged(2, { ...position('p'), ...at(1) })];
    expect(outcome(events)).toEqual({ sent: [1], newest: [1] });
  });

  it('one that is older than the value that is known is not sent, and the value stays', () => {
    const known = retainedValue(4, { ...position('p'), ...at(2) });
    expect(outcome([logged(5, { ...position('p'), ...at(1) })], [known])).toEqual({ sent: [], newest: [4] });
  });

  it('one that is newer than the value that is known is sent, and is the value', () => {
    const known = retainedValue(4, { ...position('p'), ...at(1) });
    expect(outcome([logged(5, { ...position('p'), ...at(2) })], [known])).toEqual({ sent: [5], newest: [5] });
  });

  it('published at the same time the later in the stream is the value', () => {
    const events = [logged(2, position('p')), logged(3, position('p'))];
    expect(outcome(events)).toEqual({ sent: [3], newest: [3] });
    expect(outcome(events, [retainedValue(1, position('p'))])).toEqual({ sent: [3], newest: [3] });
  });

  it('that is over an update is not sent, however new, and the end is the value', () => {
    const known = retainedValue(4, { ...closing('p'), ...at(1) });
    expect(outcome([logged(5, { ...position('p'), ...at(9) })], [known])).toEqual({ sent: [], newest: [4] });
  });

  it('an end is always sent, however old', () => {
    const known = retainedValue(4, { ...position('p'), ...at(9) });
    expect(outcome([logged(5, { ...closing('p'), ...at(1) })], [known])).toEqual({ sent: [5], newest: [5] });
  });

  it('those of another are none of them', () => {
    const known = retainedValue(4, { ...position('p'), ...at(9) });
    const others = [logged(5, { ...position('q'), ...at(1) }), logged(6, { type: 'room_state_changed' })];
    expect(outcome(others, [known])).toEqual({ sent: [5, 6], newest: [4, 5, 6] });
  });
});

describe('a retained value of an event that must be sent again', () => {
  const three = [1, 2, 3].map((seq) => logged(seq, position('p')));

  it('is sent where it is one of the events and still the newest: those before it are not', () => {
    const events = [...three, logged(4, { ...position('p'), ...at(-1) })];
    expect(outcome(events, [retainedValue(3, position('p'))])).toEqual({ sent: [3], newest: [3] });
  });

  it('is not sent where it is one of the events and a newer one is behind it', () => {
    expect(outcome(three, [retainedValue(2, position('p'))])).toEqual({ sent: [3], newest: [3] });
  });

  it('is sent also where it is an end', () => {
    const events = [...three, logged(4, closing('p')), logged(5, { ...position('p'), ...at(9) })];
    expect(outcome(events, [retainedValue(4, closing('p'))])).toEqual({ sent: [4], newest: [4] });
  });

  it.each([
    ['value', position('p')],
    ['end', closing('p')],
  ])(
    'stands for all events where it is a later %s than all of them, whenever it was published',
    (_, known) => {
      const later = retainedValue(9, { ...known, ...at(-5) });
      expect(outcome(three, [later])).toEqual({ sent: [], newest: [9] });
    },
  );
});
