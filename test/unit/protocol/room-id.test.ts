import fc from 'fast-check';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { canonicalRoomId, roomIdSchema, roomReferenceSchema } from '../../../lib/protocol/room-id.ts';
import { isRoomId } from '../../../lib/protocol/room-id-rule.ts';
import { prepareEvent } from '../../../lib/publisher/room-event.ts';

const refusalOf = (value: unknown) => v.safeParse(roomReferenceSchema, value).issues?.[0].message;

it.each([
  ['42', '42'],
  [42, '42'],
  [0, '0'],
  [-0, '0'],
  [1e2, '100'],
  [2 ** 53 - 1, '9007199254740991'],
  ['042', '042'],
  ['a', 'a'],
  ['A-Z_a.z:0', 'A-Z_a.z:0'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['x'.repeat(128), 'x'.repeat(128)],
])('a room id may be %j', (roomId, canonical) => {
  expect(canonicalRoomId(v.parse(roomIdSchema, roomId))).toBe(canonical);
});

it.each([
  '',
  ' ',
  'a b',
  'a#b',
  '#',
  'a/b',
  'a\n',
  'a\u0000',
  'é',
  '٤٢',
  'half a pair \ud800',
  'x'.repeat(129),
  -1,
  1.5,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  null,
  true,
  42n,
  ['42'],
  { toString: () => '42' },
])('a room id cannot be %o', (roomId) => {
  expect(v.is(roomIdSchema, roomId)).toBe(false);
});

it('a room id is the same for a page, which has no schemas, for a service and for the server', () => {
  const values: fc.Arbitrary<unknown>[] = [
    fc.anything({ maxDepth: 1, withBigInt: true, withDate: true }),
    fc.string(),
    fc.stringMatching(/^[\w.:#-]{0,130}$/),
    fc.double(),
    fc.maxSafeInteger(),
  ];
  const surroundings = { newId: () => 'id', now: () => Date.UTC(2030, 0, 1) };
  const isTakenByService = (roomId: unknown) =>
    prepareEvent({ type: 'order_executed', roomId: roomId as never, data: {} }, surroundings).ok;
  const agree = (value: unknown) => {
    const isTaken = v.is(roomIdSchema, value);
    return isRoomId(value) === isTaken && isTakenByService(value) === isTaken;
  };
  for (const value of values) fc.assert(fc.property(value, agree), { numRuns: 200 });
});

it.each([
  [{ roomId: 'a', bullPenId: 'b' }],
  [{ roomId: 1, bullPenId: 2 }],
  [{ roomId: '042', bullPenId: 42 }],
  [{ roomId: 'a', bullPenId: 'A' }],
])('the room of a message is refused when %j names two', (data) => {
  expect(refusalOf(data)).toBe('roomId and bullPenId name different rooms: give one of them');
});

it.each([
  [{}],
  [{ room: 'a' }],
  [{ RoomId: 'a' }],
  [[]],
  [['a']],
  [Object.defineProperty({}, '__proto__', { value: { roomId: 'a' }, enumerable: true })],
])('the room of a message is refused when %j names none', (data) => {
  expect(refusalOf(data)).toMatch(/^roomId is missing: a room id is /);
});

it.each([[{ roomId: null }], [{ roomId: 'a', bullPenId: null }], [{ roomId: 'a', bullPenId: 'a b' }]])(
  'the room of a message is refused when one of the names of %j has a value that is no room id',
  (data) => {
    expect(refusalOf(data)).toMatch(/^a room id is /);
  },
);

it('the room of a message is repeated as the client wrote it and without what else came with it', () => {
  expect(v.parse(roomReferenceSchema, { bullPenId: 7, token: 't' })).toEqual({
    roomId: '7',
    echo: { bullPenId: 7 },
  });
});
