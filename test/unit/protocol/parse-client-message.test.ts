import { describe, expect, it } from 'vitest';
import { type ClientMessageType, clientMessageData } from '../../../lib/protocol/client-messages.ts';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_REQUEST_ID_LENGTH } from '../../../lib/protocol/limits.ts';
import { parseClientMessage, refuseUnroutable } from '../../../lib/protocol/parse-client-message.ts';

const types = Object.keys(clientMessageData) as ClientMessageType[];
const parse = (type: ClientMessageType, message: object) => parseClientMessage(type, JSON.stringify(message));
const refusalOf = (type: ClientMessageType, body: string | undefined) => {
  const parsed = parseClientMessage(type, body);
  if (parsed.ok) throw new Error('the message was taken');
  return parsed;
};

describe.each(types)('a message that came by the route %s', (type) => {
  it.each([
    ['nothing', undefined],
    ['an empty body', ''],
    ['a space', ' '],
    ['a word', 'ping'],
    ['half an object', '{"type":"ping"'],
    ['two objects', '{"type":"ping"}{"type":"ping"}'],
    ['single quotes', "{'type':'ping'}"],
    ['a byte order mark', '\uFEFF{"type":"ping"}'],
    ['NaN', 'NaN'],
  ])('a message of any route is invalid_json when it is %s', (_, body) => {
    expect(refusalOf(type, body).code).toBe('invalid_json');
  });

  it.each([
    ['null', 'null'],
    ['a number', '42'],
    ['a string', '"auth"'],
    ['a list', `[{"type":"${type}"}]`],
    ['an object without a type', '{"data":{}}'],
    ['an object with a list as type', `{"type":["${type}"]}`],
    ['an object with null as type', '{"type":null}'],
    ['a type in a prototype', `{"__proto__":{"type":"${type}"}}`],
    ['an empty object', '{}'],
  ])('a message of any route is invalid_message when it is %s', (_, body) => {
    expect(refusalOf(type, body)).toMatchObject({ code: 'invalid_message' });
  });

  it('a message of any route is invalid_message when it names another type', () => {
    const other = type === 'ping' ? 'auth' : 'ping';
    const refusal = refusalOf(type, JSON.stringify({ type: other, data: {}, id: 7 }));
    expect(refusal).toMatchObject({ code: 'invalid_message', requestType: other, id: 7 });
    expect(refusal.message).toContain(`"${type}"`);
  });

  it('a message of any route is too_large from the first byte over 32 KB on, counted in bytes', () => {
    const room = (padding: string) =>
      JSON.stringify({ type, data: { token: 't', roomId: 'r' }, padding: `${padding}` });
    const space = MAX_CLIENT_MESSAGE_BYTES - room('').length;
    expect(parseClientMessage(type, room('x'.repeat(space))).ok).toBe(true);
    expect(refusalOf(type, room('x'.repeat(space + 1))).code).toBe('too_large');
    expect(refusalOf(type, room('é'.repeat(space / 2 + 1))).code).toBe('too_large');
    expect(refusalOf(type, room('x'.repeat(200_000))).code).toBe('too_large');
  });

  it('a message of any route is read however deep it is nested, as far as a message can be', () => {
    const levels = 16_000;
    const deep = `{"type":"${type}","data":{"roomId":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    const parsed = parseClientMessage(type, deep);
    expect(parsed.ok || parsed.code).toBe(type === 'auth' || type === 'ping' ? true : 'invalid_message');
  });

  it.each(['7', '', 'x'.repeat(MAX_REQUEST_ID_LENGTH), 'a pair \ud83d\ude00', 0, -1, 2 ** 53 - 1])(
    'a message of any route keeps its id %j',
    (id) => {
      const parsed = parse(type, { type, data: { token: 't', roomId: 'r' }, id });
      expect(parsed).toMatchObject({ ok: true, message: { type, id } });
    },
  );

  it.each(['x'.repeat(MAX_REQUEST_ID_LENGTH + 1), 1.5, 2 ** 53, null, true, {}, ['7']])(
    'a message of any route is invalid_message with the id %j, which is not repeated',
    (id) => {
      const refusal = refusalOf(type, JSON.stringify({ type, data: { token: 't', roomId: 'r' }, id }));
      expect(refusal).toEqual({
        ok: false,
        code: 'invalid_message',
        message: `id must be a string of at most ${MAX_REQUEST_ID_LENGTH} characters or an integer`,
        requestType: type,
      });
    },
  );

  it('a message of any route is invalid_message with an id that is half a surrogate pair, which no table can keep', () => {
    const refusal = refusalOf(
      type,
      JSON.stringify({ type, data: { token: 't', roomId: 'r' }, id: 'x\ud800' }),
    );
    expect(refusal).toMatchObject({ code: 'invalid_message', message: 'id must be well-formed text' });
  });

  it('a message of any route may carry fields that nobody knows', () => {
    const parsed = parse(type, { type, data: { token: 't', roomId: 'r', more: 1 }, version: 2 });
    expect(parsed.ok).toBe(true);
  });
});

it.each([
  ['no data', {}],
  ['null as data', { data: null }],
  ['a list as data', { data: ['t'] }],
  ['no token', { data: {} }],
  ['a number as token', { data: { token: 42 } }],
  ['a token that is null', { data: { token: null } }],
  ['a token one level too high', { token: 't' }],
  ['an empty token', { data: { token: '' } }],
])('auth with %s is a message with an empty token, for the core to fail it', (_, rest) => {
  const parsed = parse('auth', { type: 'auth', id: 1, ...rest });
  expect(parsed).toEqual({ ok: true, message: { type: 'auth', data: { token: '' }, id: 1 } });
});

it('auth has no token if only a prototype has one', () => {
  const parsed = parseClientMessage('auth', '{"type":"auth","data":{"__proto__":{"token":"t"}}}');
  expect(parsed).toMatchObject({ ok: true, message: { data: { token: '' } } });
});

it('ping may name up to a hundred rooms, and the last frame of each', () => {
  const rooms = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`room-${index}`, index]));
  const data = { rooms: rooms(100) };
  expect(parse('ping', { type: 'ping', data })).toEqual({ ok: true, message: { type: 'ping', data } });
  const refusal = refusalOf('ping', JSON.stringify({ type: 'ping', data: { rooms: rooms(101) } }));
  expect(refusal.message).toBe('ping: data.rooms: must name at most 100 rooms');
});

it.each(['constructor', 'prototype', '__proto__'])('ping may name a room that is called %s', (roomId) => {
  const parsed = parseClientMessage('ping', `{"type":"ping","data":{"rooms":{"${roomId}":5}}}`);
  expect(JSON.stringify(parsed)).toContain(`"rooms":{"${roomId}":5}`);
});

it.each([null, 7, 'r', ['r'], { r: '1' }, { r: -1 }, { r: 1.5 }, { r: null }, { r: 2 ** 53 }])(
  'ping with the rooms %j is invalid_message',
  (rooms) => {
    expect(parse('ping', { type: 'ping', data: { rooms } })).toMatchObject({ code: 'invalid_message' });
  },
);

it.each([undefined, null, 'x', 7, [], [{}]])('ping with the data %j is invalid_message', (data) => {
  expect(parse('ping', { type: 'ping', data })).toMatchObject({ ok: false, code: 'invalid_message' });
});

describe.each(['subscribe_room', 'unsubscribe_room'] as const)('%s', (type) => {
  it.each([
    [{ roomId: 42 }, 'an integer'],
    [{ roomId: '42' }, 'its decimal string'],
    [{ bullPenId: 42 }, 'the name that the existing frontend uses'],
    [{ roomId: 42, bullPenId: '42' }, 'both names, in two spellings'],
  ])('a room message of %j (%s) is for the room "42" and keeps what the client wrote', (data, _) => {
    expect(parse(type, { type, data })).toEqual({
      ok: true,
      message: { type, data: { roomId: '42', echo: data } },
    });
  });

  it('a room message that is refused says where, and carries the id of the request', () => {
    const refusal = refusalOf(type, JSON.stringify({ type, data: { roomId: 'a b' }, id: 'req' }));
    expect(refusal).toMatchObject({ code: 'invalid_message', requestType: type, id: 'req' });
    expect(refusal.message).toMatch(new RegExp(`^${type}: data.roomId: a room id is `));
  });
});

it('subscribe_room keeps how the subscription is to begin, beside the room', () => {
  const asks = { since: { epoch: 'mubbs7i8zik0zk', seq: 7 }, snapshot: true, batch: true };
  const data = { bullPenId: 42, ...asks, more: 1 };
  expect(parse('subscribe_room', { type: 'subscribe_room', data })).toEqual({
    ok: true,
    message: { type: 'subscribe_room', data: { roomId: '42', echo: { bullPenId: 42 }, ...asks } },
  });
});

it.each<[object, string]>([
  [{ since: null }, 'data.since'],
  [{ since: 7 }, 'data.since'],
  [{ since: { seq: 7 } }, 'data.since.epoch'],
  [{ since: { epoch: 7, seq: 7 } }, 'data.since.epoch: must be a string'],
  [{ since: { epoch: 'x'.repeat(17), seq: 7 } }, 'data.since.epoch'],
  [{ since: { epoch: 'e' } }, 'data.since.seq'],
  [{ since: { epoch: 'e', seq: '7' } }, 'data.since.seq: must be a number'],
  [{ since: { epoch: 'e', seq: -1 } }, 'data.since.seq: must not be negative'],
  [{ since: { epoch: 'e', seq: 0.5 } }, 'data.since.seq: must be an integer'],
  [{ snapshot: 'yes' }, 'data.snapshot: must be true or false'],
  [{ batch: 1 }, 'data.batch: must be true or false'],
])('subscribe_room with %j is invalid_message, and says where', (asks, where) => {
  const data = { roomId: 'r', ...asks };
  const refusal = refusalOf('subscribe_room', JSON.stringify({ type: 'subscribe_room', data }));
  expect(refusal.code).toBe('invalid_message');
  expect(refusal.message).toContain(`subscribe_room: ${where}`);
});

it('subscribe_room repeats nothing of an epoch that it refuses', () => {
  const data = { roomId: 'r', since: { epoch: 'S3cr3t'.repeat(9), seq: 7 } };
  const refusal = refusalOf('subscribe_room', JSON.stringify({ type: 'subscribe_room', data }));
  expect(JSON.stringify(refusal)).not.toContain('S3cr3t');
});

it('unsubscribe_room has no beginning: what is said of one is ignored', () => {
  const data = { roomId: 'r', since: 'x', batch: 7 };
  expect(parse('unsubscribe_room', { type: 'unsubscribe_room', data })).toEqual({
    ok: true,
    message: { type: 'unsubscribe_room', data: { roomId: 'r', echo: { roomId: 'r' } } },
  });
});

it.each([
  ['chat', 'unknown_type'],
  ['$connect', 'unknown_type'],
  ['$disconnect', 'unknown_type'],
  ['$default', 'unknown_type'],
  ['', 'unknown_type'],
  ['__proto__', 'unknown_type'],
  ['constructor', 'unknown_type'],
  ['toString', 'unknown_type'],
  ['Ping', 'unknown_type'],
  ['ping', 'invalid_message'],
])('a message with the type %j, which fits no route, is %s', (type, code) => {
  expect(refuseUnroutable(JSON.stringify({ type, data: {}, id: 3 }))).toMatchObject({
    code,
    requestType: type,
    id: 3,
  });
});

it('a message that fits no route has its type repeated only as far as 128 characters', () => {
  const refusal = refuseUnroutable(JSON.stringify({ type: 'x'.repeat(20_000) }));
  expect(refusal.requestType).toBe('x'.repeat(128));
});

it('a message that fits no route lists the types that there are', () => {
  expect(refuseUnroutable('{"type":"chat"}').message).toContain(types.join(', '));
});
