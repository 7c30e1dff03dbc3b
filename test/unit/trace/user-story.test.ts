import { expect, it } from 'vitest';
import type { FindLines, LogEntry } from '../../../bin/trace/log-source.ts';
import { type Subject, userLines, userStory } from '../../../bin/trace/user-story.ts';
import type { LogEventName } from '../../../lib/core/log.ts';
import { findIn } from './find-in.ts';

const START = Date.UTC(2026, 10, 27, 10, 32);
const MINUTE = { from: START, to: START + 59_999 };

const line = (after: number, name: LogEventName, fields: LogEntry['fields']): LogEntry => ({
  at: START + after,
  name,
  // A line has more fields than those of its own.
  fields: { ...{ level: 'INFO', service: 'trade-room' }, ...fields },
});
const connectionId = 'c=';
const connected = line(-9_000, 'connected', { connectionId });
const authenticated = line(-8_000, 'authenticated', { connectionId, userId: '7' });
const subscribed = line(-7_000, 'room_subscribed', { connectionId, userId: '7', roomId: '42', seq: 15 });
const delivery = line(100, 'delivery', { roomId: '42', fromSeq: 16, toSeq: 18, delivered: 50, gone: 0 });
const at = (after: number) => ({ from: START + after, to: START + after });

const told = (subject: Subject, ...entries: LogEntry[]) => userStory(subject, entries).lines;

it('the story of a user has what the connections did and what their rooms were sent, in the order of time', () => {
  expect(told({ userId: '7', at: MINUTE }, delivery, subscribed, authenticated, connected)).toEqual([
    '2026-11-27T10:31:51.000Z  connected          connectionId=c=',
    '2026-11-27T10:31:52.000Z  authenticated      connectionId=c= userId=7',
    '2026-11-27T10:31:53.000Z  room_subscribed    connectionId=c= userId=7 roomId=42 seq=15',
    expect.stringMatching(/delivery {11}roomId=42 fromSeq=16 toSeq=18 delivered=50 gone=0/),
    'At 2026-11-27T10:32:00.000Z and in the minute after it:',
    '  c= was in room 42 since 2026-11-27T10:31:53.000Z, after number 15',
  ]);
});

it.each([
  ['room_unsubscribed', { connectionId, roomId: '42' }],
  ['disconnected', { connectionId }],
  ['connection_closed', { connectionId, code: 'token_expired' }],
  ['member_gone', { connectionId, roomId: '42' }],
  ['member_disconnected', { connectionId, roomId: '42' }],
] as const)('the story of a user says until when a connection was in a room: %s ends it', (name, fields) => {
  const end = line(5_000, name, fields);
  expect(told({ userId: '7', at: MINUTE }, subscribed, end).at(-1)).toContain(
    `after number 15, until 2026-11-27T10:32:05.000Z (${name})`,
  );
  expect(told({ userId: '7', at: at(6_000) }, subscribed, end).at(-1)).toBe(
    'At 2026-11-27T10:32:06.000Z none of these connections was in a room.',
  );
});

it('the story of a user is not ended by what other connections and other rooms do', () => {
  const others = [
    line(5_000, 'disconnected', { connectionId: 'd=' }),
    line(5_000, 'room_unsubscribed', { connectionId, roomId: '43' }),
  ];
  expect(told({ userId: '7', at: at(6_000) }, subscribed, ...others).at(-1)).toMatch(/number 15$/);
});

it('the story of a user is that of one room if one is asked for', () => {
  const other = { ...subscribed, fields: { ...subscribed.fields, roomId: '43' } };
  const lines = told({ userId: '7', roomId: '42' }, connected, subscribed, other);
  expect(lines).toHaveLength(2);
  expect(lines.join()).not.toContain('roomId=43');
});

it('the story of a user says so when no line names the user', () => {
  expect(userStory({ userId: '7' }, [])).toEqual({
    isKnown: false,
    lines: [expect.stringMatching(/^No log line has user 7/)],
  });
});

const all = [connected, authenticated, subscribed, delivery];
const find = findIn(all);
const span = { from: START - 3_600_000, to: START + 60_000 };

it('the lines of a user are those of the connections that the user has authenticated, before that as well', async () => {
  expect(await userLines(find, { userId: '7' }, span)).toEqual([authenticated, subscribed, connected]);
});

it('the lines of a user have the deliveries of the rooms around the time that is asked about', async () => {
  expect(await userLines(find, { userId: '7', at: MINUTE }, span)).toContainEqual(delivery);
  expect(await userLines(find, { connectionId, at: at(-900_000) }, span)).not.toContainEqual(delivery);
});

it('the lines of a user are not those of a room that has the same id', async () => {
  const foreign = line(0, 'room_subscribed', { connectionId: 'd=', userId: '8', roomId: '7' });
  expect(await userLines(findIn([...all, foreign]), { userId: '7' }, span)).not.toContainEqual(foreign);
});

it('the lines of a user are asked for once for all connections: a query bills whatever it looks through', async () => {
  let asked = 0;
  const many = Array.from({ length: 120 }, (_, index) =>
    line(index, 'authenticated', { connectionId: `c${index}`, userId: '7' }),
  );
  const counted: FindLines = (...query) => {
    asked += 1;
    return findIn(many)(...query);
  };
  expect(await userLines(counted, { userId: '7' }, span)).toHaveLength(120);
  expect(asked).toBe(2);
});

it('the lines of a user have the tokens that were refused around the time, as those name no user', async () => {
  const refused = line(500, 'token_refused', { connectionId: 'x=', reason: 'expired' });
  const entries = await userLines(findIn([refused]), { userId: '7', at: MINUTE }, span);
  expect(userStory({ userId: '7', at: MINUTE }, entries)).toEqual({
    isKnown: false,
    lines: [
      expect.stringMatching(/token_refused +connectionId=x= reason=expired$/),
      expect.stringMatching(/^No log line has user 7/),
    ],
  });
});
