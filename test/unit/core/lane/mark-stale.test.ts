import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEnd, markStale } from '../../../../lib/core/lane/mark-stale.ts';
import type { LastValue, LoggedEvent } from '../../../../lib/core/room-log.ts';
import { START } from '../../../support/virtual-time.ts';
import { anyEvents, closing, lastValue, logged, position } from './room-events.ts';

const at = (later: number) => ({ publishedAt: START + later });
const staleOf = (events: readonly LoggedEvent[]) => events.map(({ stale }) => stale === true);

describe('of events of one state', () => {
  it('one that is older than the one before it is stale, and the value stays', () => {
    const events = [logged(1, { ...position('p'), ...at(2) }), logged(2, { ...position('p'), ...at(1) })];
    const marked = markStale(events, []);
    expect(staleOf(marked.events)).toEqual([false, true]);
    expect(marked.values).toMatchObject([{ seq: 1 }]);
  });

  it('one that is older than the value that is known is stale, and no value has changed', () => {
    const known = lastValue(4, { ...position('p'), ...at(2) });
    const marked = markStale([logged(5, { ...position('p'), ...at(1) })], [known]);
    expect(staleOf(marked.events)).toEqual([true]);
    expect(marked.values).toEqual([]);
  });

  it('published at the same time the later in the lane is the value', () => {
    const marked = markStale([logged(1, position('p')), logged(2, position('p'))], []);
    expect(staleOf(marked.events)).toEqual([false, false]);
    expect(marked.values).toMatchObject([{ seq: 2 }]);
  });

  it('that is over an update is stale, however new, and the end is the value', () => {
    const known = lastValue(4, { ...closing('p'), ...at(1) });
    const marked = markStale([logged(5, { ...position('p'), ...at(9) })], [known]);
    expect(staleOf(marked.events)).toEqual([true]);
    expect(marked.values).toEqual([]);
  });

  it('an end is never stale, however old', () => {
    const known = lastValue(4, { ...position('p'), ...at(9) });
    const marked = markStale([logged(5, { ...closing('p'), ...at(1) })], [known]);
    expect(staleOf(marked.events)).toEqual([false]);
    expect(marked.values).toMatchObject([{ seq: 5, type: 'position_closed' }]);
  });

  it('those of another are none of them', () => {
    const known = lastValue(4, { ...position('p'), ...at(9) });
    const others = [logged(5, { ...position('q'), ...at(1) }), logged(6, { type: 'room_state_changed' })];
    expect(staleOf(markStale(others, [known]).events)).toEqual([false, false]);
  });
});

/** Batch after batch, as the lane brings them. */
function inBatches(events: readonly LoggedEvent[], size: number) {
  const known = new Map<string, LastValue>();
  const marked: LoggedEvent[] = [];
  for (let begin = 0; begin < events.length; begin += size) {
    const batch = markStale(events.slice(begin, begin + size), [...known.values()]);
    for (const value of batch.values) known.set(value.key, value);
    marked.push(...batch.events);
  }
  return { marked, known };
}

describe('in whatever order and batches events come', () => {
  const batches = fc.integer({ min: 1, max: 5 });
  const holds = (check: (come: ReturnType<typeof inBatches>) => void) =>
    fc.assert(
      fc.property(anyEvents, batches, (options, size) => {
        const events = options.map((event, index) => logged(index + 1, event));
        check(inBatches(events, size));
      }),
      { numRuns: 500 },
    );

  it('the value that remains of a state is the newest by its publication, or its end', () => {
    holds(({ marked, known }) => {
      for (const key of new Set(marked.flatMap((event) => event.key ?? []))) {
        const ofState = marked.filter((event) => event.key === key);
        const end = ofState.findLast(isEnd);
        const newest = Math.max(...ofState.map(({ publishedAt }) => publishedAt));
        const expected = end ?? ofState.findLast(({ publishedAt }) => publishedAt === newest);
        expect(known.get(key)?.seq).toBe(expected?.seq);
      }
    });
  });

  it('what is not stale of a state never goes back in time, and nothing follows its end', () => {
    holds(({ marked }) => {
      for (const key of new Set(marked.flatMap((event) => event.key ?? []))) {
        const sent = marked.filter((event) => event.key === key && !event.stale);
        const [end = sent.length] = sent.flatMap((event, index) => (isEnd(event) ? [index] : []));
        expect(sent.slice(end).every(isEnd)).toBe(true);
        const times = sent.slice(0, end).map(({ publishedAt }) => publishedAt);
        expect(times).toEqual([...times].sort((one, other) => one - other));
      }
    });
  });

  it('what is of no state is never stale', () => {
    holds(({ marked }) => expect(marked.filter(({ key, stale }) => key === undefined && stale)).toEqual([]));
  });
});
