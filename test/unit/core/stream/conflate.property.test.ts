import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LoggedEvent, RetainedValue } from '../../../../lib/core/room-log.ts';
import { conflate, isEnd } from '../../../../lib/core/stream/conflate.ts';
import { isLongForm } from '../../../support/long-form.ts';
import { anyEvents, type EventOptions, logged } from './room-events.ts';

const numbers = (events: readonly LoggedEvent[]) => events.map(({ seq }) => seq);
const inOrder = (events: readonly EventOptions[], from = 1) =>
  events.map((event, index) => logged(from + index, event));
const keysOf = (events: readonly LoggedEvent[]) => new Set(events.flatMap(({ key }) => key ?? []));

/** What the newest value of a state is after these events of it, in whatever order they came. */
function newestByTime(ofState: readonly LoggedEvent[]): LoggedEvent | undefined {
  const newest = Math.max(...ofState.map(({ publishedAt }) => publishedAt));
  return ofState.findLast(isEnd) ?? ofState.findLast(({ publishedAt }) => publishedAt === newest);
}

interface Sending {
  known: readonly RetainedValue[];
  all: readonly LoggedEvent[];
  sent: readonly LoggedEvent[];
}
const holds = (check: (sending: Sending) => void) =>
  fc.assert(
    fc.property(anyEvents, anyEvents, (before, options) => {
      const earlier = inOrder(before);
      const known = [...keysOf(earlier)].map((key): RetainedValue => {
        const value = newestByTime(earlier.filter((event) => event.key === key));
        return { ...(value ?? logged(0)), key };
      });
      const all = inOrder(options, earlier.length + 1);
      check({ known, all, sent: conflate(all, known) });
    }),
    { numRuns: isLongForm ? 500 : 50 },
  );

it('conflation of any events keeps the order, repeats nothing, and changes nothing', () => {
  holds(({ all, sent }) => {
    const ascending = [...new Set(numbers(sent))].sort((one, other) => one - other);
    expect(numbers(sent)).toEqual(ascending);
    for (const event of sent) expect(all).toContain(event);
  });
});

it('conflation of any events leaves out no event that has no state, and no closed position', () => {
  holds(({ all, sent }) => {
    const always = all.filter((event) => event.key === undefined || isEnd(event));
    expect(sent).toEqual(expect.arrayContaining(always));
  });
});

it('conflation of any events leaves nothing that is older than its retained value, or of a closed position', () => {
  holds(({ known, sent }) => {
    for (const event of sent.filter((each) => !isEnd(each))) {
      const value = known.find(({ key }) => key === event.key);
      if (value === undefined) continue;
      expect(isEnd(value)).toBe(false);
      expect(event.publishedAt).toBeGreaterThanOrEqual(value.publishedAt);
    }
  });
});

it('conflation of any events leaves exactly the newest of each state, and its ends', () => {
  holds(({ known, all, sent }) => {
    for (const key of keysOf(all)) {
      const ofState = all.filter((event) => event.key === key);
      const newest = newestByTime([...known.filter((value) => value.key === key), ...ofState]);
      const expected = ofState.filter((event) => isEnd(event) || event === newest);
      expect(sent.filter((event) => event.key === key)).toEqual(expected);
    }
  });
});

/** One attempt to send what is logged: what it takes of so many events; it may fail when it has kept and sent all that. */
interface Attempt {
  logged: number;
  fits: number;
  fails: boolean;
}

/** Delivery after delivery, as the stream makes them, until all is sent. */
function inDeliveries(events: readonly LoggedEvent[], attempts: readonly Attempt[]) {
  const known = new Map<string, RetainedValue>();
  const sent: LoggedEvent[] = [];
  let delivered = 0;
  const rest = { logged: events.length, fits: events.length, fails: false };
  for (const attempt of [...attempts, rest]) {
    const batch = events.slice(delivered, delivered + attempt.logged);
    const toSend = conflate(batch, [...known.values()]);
    const taken = toSend.slice(0, attempt.fits);
    for (const event of taken) {
      const { key } = event;
      // As the store does: not over one of a later message.
      if (key === undefined || (known.get(key)?.seq ?? 0) > event.seq) continue;
      known.set(key, { ...event, key });
    }
    sent.push(...taken);
    if (attempt.fails) continue;
    delivered = taken.length < toSend.length ? (taken.at(-1)?.seq ?? 0) : delivered + batch.length;
  }
  return { events, sent, known };
}

const attempt = fc.record({
  logged: fc.integer({ min: 1, max: 6 }),
  fits: fc.integer({ min: 1, max: 6 }),
  fails: fc.boolean(),
});
const holdsOverDeliveries = (check: (come: ReturnType<typeof inDeliveries>) => void) =>
  fc.assert(
    fc.property(anyEvents, fc.array(attempt, { maxLength: 8 }), (options, attempts) =>
      check(inDeliveries(inOrder(options), attempts)),
    ),
    { numRuns: isLongForm ? 1_000 : 100 },
  );

it('over any deliveries the retained value of a state is its newest event or its end, and that was sent', () => {
  holdsOverDeliveries(({ events, sent, known }) => {
    for (const key of keysOf(events)) {
      const expected = newestByTime(events.filter((event) => event.key === key));
      expect(known.get(key)?.seq).toBe(expected?.seq);
      expect(sent).toContain(expected);
    }
  });
});

it('over any deliveries a state never goes back in time, and nothing follows its end', () => {
  holdsOverDeliveries(({ events, sent }) => {
    for (const key of keysOf(events)) {
      const ofState = sent.filter((event) => event.key === key);
      const [end = ofState.length] = ofState.flatMap((event, index) => (isEnd(event) ? [index] : []));
      expect(ofState.slice(end).every(isEnd)).toBe(true);
      const times = ofState.slice(0, end).map(({ publishedAt }) => publishedAt);
      expect(times).toEqual([...times].sort((one, other) => one - other));
    }
  });
});

it('over any deliveries every order and every closed position is sent', () => {
  holdsOverDeliveries(({ events, sent }) => {
    const always = events.filter((event) => event.key === undefined || isEnd(event));
    expect(sent).toEqual(expect.arrayContaining(always));
  });
});
