import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflate } from '../../../../lib/core/lane/conflate.ts';
import { isEnd } from '../../../../lib/core/lane/mark-stale.ts';
import type { LoggedEvent } from '../../../../lib/core/room-log.ts';
import { anyEvents, closing, logged, position } from './room-events.ts';

const numbers = (events: readonly LoggedEvent[]) => events.map(({ seq }) => seq);

describe('of what is sent together', () => {
  it('is left out what a newer event of the same state says better', () => {
    const events = [
      logged(1, position('p')),
      logged(2, position('q')),
      logged(3, { type: 'leaderboard_update' }),
      logged(4, position('p')),
      logged(5, { type: 'leaderboard_update' }),
      logged(6, { type: 'room_state_changed' }),
    ];
    expect(numbers(conflate(events))).toEqual([2, 4, 5, 6]);
  });

  it('is left out the update of a position that is closed behind it', () => {
    expect(numbers(conflate([logged(1, position('p')), logged(2, closing('p'))]))).toEqual([2]);
  });

  it('is sent the update of a position behind which an older one is stale', () => {
    const events = [logged(1, position('p')), logged(2, { ...position('p'), stale: true })];
    expect(numbers(conflate(events))).toEqual([1]);
  });

  it('is sent every update of a position that has no id', () => {
    const nameless = { type: 'position_update', data: {} } as const;
    expect(numbers(conflate([logged(1, nameless), logged(2, nameless)]))).toEqual([1, 2]);
  });
});

describe('of whatever is sent together', () => {
  const events = fc.tuple(anyEvents, fc.infiniteStream(fc.boolean())).map(([all, chances]) =>
    all.map((event, index): LoggedEvent => {
      const plain = logged(index + 1, event);
      const mayBeStale = plain.key !== undefined && !isEnd(plain);
      return mayBeStale && chances.next().value ? { ...plain, stale: true } : plain;
    }),
  );
  const holds = (check: (all: readonly LoggedEvent[], sent: readonly LoggedEvent[]) => void) =>
    fc.assert(
      fc.property(events, (all) => check(all, conflate(all))),
      { numRuns: 500 },
    );

  it('the order is kept, nothing is twice, and nothing is changed', () => {
    holds((all, sent) => {
      const ascending = [...new Set(numbers(sent))].sort((one, other) => one - other);
      expect(numbers(sent)).toEqual(ascending);
      for (const event of sent) expect(all).toContain(event);
    });
  });

  it('every order and every closed position is sent, and nothing that is stale', () => {
    holds((all, sent) => {
      const always = all.filter((event) => event.key === undefined || isEnd(event));
      expect(sent).toEqual(expect.arrayContaining(always));
      expect(sent.filter(({ stale }) => stale)).toEqual([]);
    });
  });

  it('exactly the newest of each state is sent, and its ends', () => {
    holds((all, sent) => {
      for (const key of new Set(all.flatMap((event) => event.key ?? []))) {
        const newest = all.findLast((event) => event.key === key && !event.stale);
        const others = sent.filter((event) => event.key === key && event !== newest);
        if (newest !== undefined) expect(sent).toContain(newest);
        expect(others.filter((event) => !isEnd(event))).toEqual([]);
      }
    });
  });
});
