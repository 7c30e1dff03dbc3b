import { expect, it } from 'vitest';
import { eventLines, eventStory } from '../../../bin/trace/event-story.ts';
import type { LogEntry } from '../../../bin/trace/log-source.ts';
import type { LogEventName } from '../../../lib/core/log.ts';
import { findIn } from './find-in.ts';

const START = Date.UTC(2026, 10, 27, 10, 32);
const room = { roomId: '42', epoch: 'E' };

/** A line, so many milliseconds after the start. */
const line = (after: number, name: LogEventName, fields: LogEntry['fields']): LogEntry => ({
  at: START + after,
  name,
  fields,
});
const ingested = line(60, 'event_ingested', {
  ...{ eventId: 'order', busEventId: 'bus-1', eventType: 'order_executed', roomId: '42' },
  ...{ publishedAt: START, sequenceNumber: '188' },
});
const logged = line(100, 'events_logged', {
  ...room,
  firstSeq: 16,
  lastSeq: 18,
  eventIds: ['first', 'order', 'last'],
});
const delivery = (after: number, fields: Record<string, unknown>) =>
  line(after, 'delivery', {
    status: 'complete',
    ...room,
    ...{ superseded: 0, delivered: 50, gone: 0, expired: 0, failed: 0, throttledOut: 0, lagMs: 240 },
    ...fields,
  });
const covering = delivery(200, { fromSeq: 15, toSeq: 18, firstSeq: 15, lastSeq: 18 });

const told = (...entries: LogEntry[]) => eventStory('order', entries);

it('the story of an event goes from the bus to its number in the room, and to the delivery that covers it', () => {
  expect(told(covering, logged, ingested)).toEqual({
    isKnown: true,
    lines: [
      '2026-11-27T10:32:00.060Z  ingested: order_executed for room 42, 60 ms after it was published (bus bus-1, queue 188)',
      '2026-11-27T10:32:00.100Z  logged: number 17 of room 42, epoch E',
      '2026-11-27T10:32:00.200Z  delivered: numbers 15 to 18, to 50 members, 240 ms after the oldest was published',
    ],
  });
});

it('the story of an event names the members that did not get it', () => {
  const { lines } = told(logged, { ...covering, fields: { ...covering.fields, gone: 2, throttledOut: 3 } });
  expect(lines.at(-1)).toContain('to 50 members, 2 gone, 3 throttledOut, 240 ms');
});

it.each([
  [{ status: 'out_of_time' as const }, 'to 50 members, then its time was up, 240 ms'],
  [{ status: 'retry' as const }, 'to 50 members, then failed: it is repeated, 240 ms'],
  [{ status: 'complete' as const }, 'to 50 members, 240 ms'],
])('the story of an event says that a delivery was cut short, and why: %j', (how, expected) => {
  const { lines } = told(logged, { ...covering, fields: { ...covering.fields, ...how } });
  expect(lines.at(-1)).toContain(expected);
});

it('the story of an event is listed for every room that uses the id, in order of time', () => {
  const inOther = line(50, 'events_logged', { roomId: '43', epoch: 'F', firstSeq: 1, eventIds: ['order'] });
  const { lines } = told(logged, covering, inOther);
  expect(lines).toEqual([
    expect.stringContaining('logged: number 1 of room 43, epoch F'),
    expect.stringContaining('logged: number 17 of room 42, epoch E'),
    expect.stringContaining('delivered: numbers 15 to 18'),
    expect.stringMatching(/^Number 1 of room 43 is not delivered in this time/),
  ]);
});

it('the story of an event lists a failure that is logged right after the delivery that it interrupted', () => {
  const broken = { ...covering, fields: { ...covering.fields, status: 'retry' as const } };
  const failure = line(205, 'room_delivery_failed', { roomId: '42', error: new Error('no rows deleted') });
  expect(told(logged, broken, failure).lines.at(-1)).toContain('delivery failed: no rows deleted');
});

it('the story of an event is not changed by what the reason of a dead letter quotes', () => {
  const reason = 'detail:  ingested:  could not be logged:';
  const { lines } = told(line(60, 'event_dead_lettered', { eventId: 'order', code: 'too_large', reason }));
  expect(lines.at(-1)).toMatch(/^It ended there/);
});

it('the story of an event is also found if its room is not traced, and by the id of EventBridge', () => {
  expect(told(logged, covering).lines).toHaveLength(2);
  expect(eventStory('bus-1', [ingested, logged, covering]).lines).toHaveLength(3);
});

it('the story of an event says what is not certain if its room is not traced: a state may have been superseded', () => {
  const superseded = delivery(200, { fromSeq: 15, toSeq: 18, firstSeq: 15, lastSeq: 18, superseded: 2 });
  expect(told(logged, superseded).lines.at(-1)).toContain('2 states of this range were superseded');
  const last = delivery(200, { fromSeq: 15, toSeq: 17, firstSeq: 15, lastSeq: 17, superseded: 2 });
  expect(told(logged, last).lines.at(-1)).not.toContain('superseded');
});

it('the story of an event lists every delivery, and why one in between failed', () => {
  const failure = line(150, 'room_delivery_failed', { roomId: '42', error: { message: 'no table' } });
  const again = { ...covering, at: START + 1_300 };
  expect(told(logged, failure, covering, again).lines.slice(1)).toEqual([
    '2026-11-27T10:32:00.150Z  delivery failed: no table',
    expect.stringContaining('10:32:00.200Z  delivered'),
    expect.stringContaining('10:32:01.300Z  delivered'),
  ]);
});

it.each([
  [
    'is a dead letter, with its reason',
    [
      line(60, 'event_dead_lettered', {
        eventId: 'order',
        busEventId: 'b',
        code: 'invalid_event',
        reason: 'detail: no',
      }),
    ],
    ['2026-11-27T10:32:00.060Z  dead-lettered: invalid_event, detail: no', /^It ended there.*dead letters/],
  ],
  [
    'waits in its stream',
    [ingested],
    [/ingested/, /^It is in the stream of its room, and has no number yet/],
  ],
  [
    'cannot be logged',
    [line(90, 'events_not_logged', { roomId: '42', eventIds: ['order'], error: { message: 'no table' } })],
    ['2026-11-27T10:32:00.090Z  could not be logged: no table', /^It has no number yet/],
  ],
  [
    'was superseded, as a traced room says',
    [logged, line(150, 'event_superseded', { ...room, seq: 17, eventId: 'order' }), covering],
    [/logged: number 17/, /^Number 17 of room 42 is not sent: a newer value of the same state/],
  ],
  [
    'was superseded: the deliveries have passed its number',
    [logged, delivery(300, { fromSeq: 19, toSeq: 20, firstSeq: 19, lastSeq: 20 })],
    [/logged: number 17/, /^Number 17 of room 42 is not sent: later numbers have been delivered/],
  ],
  [
    'is logged and not delivered; deliveries of other rooms and epochs do not count',
    [
      logged,
      delivery(200, { fromSeq: 15, toSeq: 18, roomId: '43' }),
      delivery(200, { fromSeq: 15, toSeq: 18, epoch: 'D' }),
    ],
    [/logged: number 17/, /^Number 17 of room 42 is not delivered in this time/],
  ],
] as [string, LogEntry[], (string | RegExp)[]][])(
  'the story of an event says where it ended: it %s',
  (_, entries, expected) => {
    const { isKnown, lines } = told(...entries);
    expect(isKnown).toBe(true);
    expect(lines).toEqual(
      expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))),
    );
  },
);

it('the story of an event says what to look at if no line names it', () => {
  expect(told()).toEqual({
    isKnown: false,
    lines: [expect.stringMatching(/^No log line has the event id "order/)],
  });
});

it('the story of an event is not that of another event whose lines hold its id in another field', () => {
  const foreign = line(60, 'event_dead_lettered', {
    eventId: 'x',
    busEventId: 'y',
    code: 'too_large',
    reason: 'order',
  });
  expect(told(foreign).isKnown).toBe(false);
});

const span = { from: START - 3_600_000, to: START + 1_000 };

it('the lines of an event are its own and those of its room from its number on', async () => {
  const before = { ...covering, at: logged.at - 2_000 };
  const ofOther = delivery(200, { roomId: '43', fromSeq: 15, toSeq: 18 });
  const found = await eventLines(findIn([logged, covering, before, ofOther]), 'order', span);
  expect(found).toEqual([logged, covering]);
});

it('the lines of an event are found by the id that EventBridge gave it as well', async () => {
  const found = await eventLines(findIn([ingested, logged, covering]), 'bus-1', span);
  expect(new Set(found)).toEqual(new Set([ingested, logged, covering]));
});

it('the lines of an event are not those of a room that has the same id', async () => {
  const foreign = line(90, 'events_logged', { roomId: 'order', epoch: 'E', firstSeq: 1, eventIds: ['x'] });
  expect(await eventLines(findIn([foreign, logged]), 'order', span)).toEqual([logged]);
});
