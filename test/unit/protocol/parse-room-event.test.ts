import { expect, it } from 'vitest';
import { eventFrame, LARGEST_POSITION } from '../../../lib/protocol/event-frame.ts';
import { MAX_CLOCK_AHEAD_MS, MAX_MESSAGE_BYTES } from '../../../lib/protocol/limits.ts';
import { parseRoomEvent, serializeEvent } from '../../../lib/protocol/parse-room-event.ts';
import { type RoomEventType, roomEventTypes } from '../../../lib/protocol/room-events.ts';

const origin = { detailType: 'order_executed', id: 'event-bridge-id', time: 1_790_000_000_000 };
const DAY = 24 * 60 * 60 * 1000;
const order = { orderId: 7, symbol: 'BTC', price: '101.50', quantity: 2 };

const eventOf = (detail: unknown, detailType = origin.detailType) => {
  const parsed = parseRoomEvent(detail, { ...origin, detailType });
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};
const refusalOf = (detail: unknown, detailType = origin.detailType) => {
  const parsed = parseRoomEvent(detail, { ...origin, detailType });
  if (parsed.ok) throw new Error('the event was taken');
  return parsed;
};

it('an event of the bus is taken as the service published it', () => {
  const detail = { roomId: '42', data: order, id: 'own-id', publishedAt: origin.time - 1 };
  expect(eventOf(detail)).toEqual({ type: 'order_executed', ...detail });
});

it('an event of the bus gets the id of EventBridge and the time of its arrival if the service gave none', () => {
  expect(eventOf({ roomId: 42, data: order })).toEqual({
    type: 'order_executed',
    roomId: '42',
    data: order,
    id: 'event-bridge-id',
    publishedAt: 1_790_000_000_000,
  });
});

it.each([
  ['as it is, up to a day in the past', origin.time - DAY, origin.time - DAY],
  ['as it is, up to five seconds ahead of ours', origin.time + 5_000, origin.time + 5_000],
  ['as five seconds ahead, where it is further', origin.time + 5_001, origin.time + 5_000],
  ['as five seconds ahead, up to a day ahead of ours', origin.time + DAY, origin.time + 5_000],
  ['as whole milliseconds', origin.time - 1_000.6, origin.time - 1_001],
])('an event of the bus has its time of publication %s', (_, publishedAt, taken) => {
  expect(MAX_CLOCK_AHEAD_MS).toBe(5_000);
  expect(eventOf({ roomId: 'r', data: {}, publishedAt })).toMatchObject({ publishedAt: taken });
});

it('an event of the bus is refused if EventBridge itself gave it an id that no table can keep', () => {
  for (const id of ['', 'x\ud800']) {
    expect(parseRoomEvent({ roomId: 'r', data: {} }, { ...origin, id })).toMatchObject({
      code: 'invalid_event',
    });
  }
});

it('an event of the bus may hold any text that is well-formed, also NUL, empty keys and characters of four bytes', () => {
  const data = { '': '\0', '\u0001': '\ud83d\ude00', positionId: '\uffff' };
  expect(eventOf({ roomId: 'r', data }).data).toBe(data);
});

it('an event of the bus is read to the last text however deeply it is nested', () => {
  let data: object = { text: '\ud800' };
  for (let level = 0; level < 100_000; level += 1) data = { data };
  expect(refusalOf({ roomId: 'r', data }).message).toContain('expected well-formed text');
});

it('an event of the bus keeps the very object that was published', () => {
  const data = JSON.parse('{"price":1,"__proto__":{"a":1},"constructor":2,"nested":{"deep":[null]}}');
  expect(eventOf({ roomId: 'r', data }).data).toBe(data);
});

it.each(roomEventTypes)(
  'an event of the bus may be %s with no field at all, with nulls, and with fields of its own',
  (type) => {
    const nulls = { bullPenId: null, symbol: null, quantity: null, updatedAt: null, rankings: null };
    for (const data of [{}, nulls, { somethingNew: [1, 2] }]) {
      expect(eventOf({ roomId: 'r', data }, type).type).toBe(type);
    }
  },
);

it.each(['', 'order', 'Order_Executed', '__proto__', 'constructor', 'error', 'auth_success'])(
  'an event of the bus is unknown_event with the type %j',
  (detailType) => {
    const refusal = refusalOf({ roomId: 'r', data: {} }, detailType);
    expect(refusal.code).toBe('unknown_event');
    expect(refusal.message).toBe(`detail-type: expected one of ${roomEventTypes.join(', ')}`);
  },
);

it.each([
  [undefined, 'detail: '],
  [null, 'detail: '],
  ['text', 'detail: '],
  [42, 'detail: '],
  [[], 'detail'],
  [{}, 'detail.roomId: '],
  [{ data: {} }, 'detail.roomId: '],
  [{ roomId: 'a b', data: {} }, 'detail.roomId: a room id is '],
  [{ roomId: -1, data: {} }, 'detail.roomId: a room id is '],
  [{ roomId: { id: 'r' }, data: {} }, 'detail.roomId: a room id is '],
  [{ roomId: 'r' }, 'detail.data: expected an object'],
  [{ roomId: 'r', data: null }, 'detail.data: expected an object'],
  [{ roomId: 'r', data: 'text' }, 'detail.data: expected an object'],
  [{ roomId: 'r', data: [{}] }, 'detail.data: expected an object'],
  [{ roomId: 'r', data: {}, id: '' }, 'detail.id: must not be empty'],
  [{ roomId: 'r', data: {}, id: 5 }, 'detail.id: must be a string'],
  [{ roomId: 'r', data: {}, id: null }, 'detail.id: must be a string'],
  [{ roomId: 'r', data: {}, id: 'x'.repeat(257) }, 'detail.id: must have at most 256 characters'],
  [{ roomId: 'r', data: {}, publishedAt: -1 }, 'detail.publishedAt: must be a number of milliseconds'],
  [{ roomId: 'r', data: {}, publishedAt: Number.NaN }, 'detail.publishedAt: expected a finite number'],
  [
    { roomId: 'r', data: {}, publishedAt: Number.POSITIVE_INFINITY },
    'detail.publishedAt: expected a finite number',
  ],
  [
    { roomId: 'r', data: {}, publishedAt: 0 },
    'detail.publishedAt: must be a number of milliseconds since 1970',
  ],
  [
    { roomId: 'r', data: {}, publishedAt: origin.time / 1_000 },
    'detail.publishedAt: must be a number of milliseconds since 1970, not before 2020: is it in seconds?',
  ],
  [
    { roomId: 'r', data: {}, publishedAt: origin.time - DAY - 1 },
    'detail.publishedAt: is more than a day ago',
  ],
  [
    { roomId: 'r', data: {}, publishedAt: origin.time + DAY + 1 },
    'detail.publishedAt: is more than a day ahead',
  ],
  [
    { roomId: 'r', data: {}, publishedAt: origin.time * 1_000 },
    'detail.publishedAt: is more than a day ahead',
  ],
  [{ roomId: 'r', data: {}, id: 'x\ud800' }, 'detail.id: expected well-formed text'],
  [{ roomId: 'r', data: { positionId: '\ud801' } }, 'detail.data.positionId: expected well-formed text'],
  [{ roomId: 'r', data: JSON.parse('{"price":1e400}') }, 'detail.data.price: expected a finite number'],
  [
    { roomId: 'r', data: JSON.parse('{"rankings":[[-1e400]]}') },
    'detail.data.rankings.0.0: expected a finite number',
  ],
  [{ roomId: 'r', data: { '\udfff': 1 } }, 'detail.data (a key): expected well-formed text'],
  [{ roomId: 'r', data: { list: [{ 'a b': '\ud83d' }] } }, 'detail.data.list.0.*: expected well-formed text'],
  [{ roomId: 'r', data: {}, trace: '\ud83d' }, 'detail.trace: expected well-formed text'],
  [{ roomId: 'r', data: {}, publishedAt: '2026' }, 'detail.publishedAt: must be a number of milliseconds'],
])('an event of the bus is invalid_event with the detail %o, and says where', (detail, beginning) => {
  const refusal = refusalOf(detail);
  expect(refusal.code).toBe('invalid_event');
  expect(refusal.message.slice(0, beginning.length)).toBe(beginning);
});

it.each<[RoomEventType, object, string]>([
  ['order_executed', { price: { amount: 1 } }, 'price: must be a number or a decimal string'],
  ['order_failed', { reason: ['no'] }, 'reason: must be a string'],
  ['position_update', { updatedAt: {} }, 'updatedAt: must be a time: a string or a number'],
  ['position_closed', { positionId: true }, 'positionId: must be a string or a number'],
  ['leaderboard_update', { rankings: { 0: {} } }, 'rankings: must be an array'],
  ['room_state_changed', { memberCount: [3] }, 'memberCount: must be a number or a decimal string'],
])(
  'an event of the bus is invalid_event when %s has %j, which the frontend could not render',
  (type, data, sentence) => {
    expect(refusalOf({ roomId: 'r', data }, type).message).toBe(`detail.data.${sentence}`);
  },
);

it('an event of the bus takes nothing from a prototype', () => {
  const detail = JSON.parse('{"roomId":"r","data":{},"__proto__":{"id":"forged","publishedAt":1}}');
  expect(eventOf(detail)).toMatchObject({ id: 'event-bridge-id', publishedAt: 1_790_000_000_000 });
  expect(refusalOf(JSON.parse('{"data":{},"__proto__":{"roomId":"r"}}')).code).toBe('invalid_event');
});

const serialized = (data: object) => serializeEvent(eventOf({ roomId: 'r', data }));

it('the JSON of an event is its data as text, and nothing of the detail beside', () => {
  const event = eventOf({ roomId: 42, data: order, id: 'i', publishedAt: origin.time, trace: 'x' });
  expect(serializeEvent(event)).toEqual({
    ok: true,
    value: {
      type: 'order_executed',
      roomId: '42',
      id: 'i',
      publishedAt: origin.time,
      data: '{"orderId":7,"symbol":"BTC","price":"101.50","quantity":2}',
    },
  });
});

it('the JSON of an event is too_large if its frame could have more than 128 KB, counted in bytes, whatever its number', () => {
  const empty = serialized({ text: '' });
  if (!empty.ok) throw new Error(empty.message);
  const space = MAX_MESSAGE_BYTES - eventFrame(empty.value, LARGEST_POSITION).length;
  expect(serialized({ text: 'x'.repeat(space) }).ok).toBe(true);
  expect(serialized({ text: 'x'.repeat(space + 1) })).toEqual({
    ok: false,
    code: 'too_large',
    message: `detail.data: the frame has ${MAX_MESSAGE_BYTES + 1} bytes, expected at most ${MAX_MESSAGE_BYTES}`,
  });
  expect(serialized({ text: 'é'.repeat(Math.floor(space / 2) + 1) })).toMatchObject({ code: 'too_large' });
});

it('the JSON of an event is refused when the data is nested too deeply to be written', () => {
  let data: object = {};
  for (let level = 0; level < 100_000; level += 1) data = { data };
  expect(serialized(data)).toEqual({
    ok: false,
    code: 'invalid_event',
    message: 'detail.data: nested too deeply',
  });
});
