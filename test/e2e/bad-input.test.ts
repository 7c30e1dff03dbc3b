import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCodes } from '../../lib/protocol/error-codes.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../lib/protocol/limits.ts';
import { applicationClients } from '../support/application-clients.ts';
import { joinRoom, request } from '../support/room-client.ts';
import { type LocalEmulator, startLocal } from '../support/start-local.ts';
import { connect, type TestClient } from '../support/test-client.ts';

let emulator: LocalEmulator;
let client: TestClient;

beforeAll(async () => {
  emulator = await startLocal();
  client = await joinRoom(emulator.endpoint, await emulator.token('alice'), 'home');
});
afterAll(() => emulator.stop());

async function rows(): Promise<unknown> {
  return (await fetch(`${emulator.endpoint}/dev/connections`)).json();
}

const subscribe = (data: unknown) => JSON.stringify({ type: 'subscribe_room', data });

describe('P4 bad input changes nothing and the connection stays open', () => {
  it.each([
    ['not JSON', 'hello', 'invalid_json'],
    ['half of JSON', '{"type":"ping"', 'invalid_json'],
    ['an empty message', '', 'invalid_json'],
    ['an array', '[]', 'invalid_message'],
    ['null', 'null', 'invalid_message'],
    ['a number', '1', 'invalid_message'],
    ['no type', '{"data":{}}', 'invalid_message'],
    ['a type that is no string', '{"type":["ping"],"data":{}}', 'invalid_message'],
    ['a number as type', '{"type":1,"data":{}}', 'invalid_message'],
    ['an unknown type', '{"type":"buy","data":{}}', 'unknown_type'],
    ['__proto__ as type', '{"type":"__proto__","data":{}}', 'unknown_type'],
    ['constructor as type', '{"type":"constructor","data":{}}', 'unknown_type'],
    ['$connect as type', '{"type":"$connect","data":{}}', 'unknown_type'],
    ['$disconnect as type', '{"type":"$disconnect","data":{}}', 'unknown_type'],
    ['$default as type', '{"type":"$default","data":{}}', 'unknown_type'],
    ['no data', '{"type":"ping"}', 'invalid_message'],
    ['an array as data', '{"type":"ping","data":[]}', 'invalid_message'],
    ['an id that is an object', '{"type":"ping","data":{},"id":{}}', 'invalid_message'],
    ['no room', subscribe({}), 'invalid_message'],
    ['a room with #', subscribe({ roomId: 'a#b' }), 'invalid_message'],
    ['a room with a space', subscribe({ roomId: 'a b' }), 'invalid_message'],
    ['an empty room', subscribe({ roomId: '' }), 'invalid_message'],
    [
      'a room of half a surrogate pair',
      '{"type":"subscribe_room","data":{"roomId":"\\ud800"}}',
      'invalid_message',
    ],
    ['a negative room', subscribe({ roomId: -1 }), 'invalid_message'],
    ['a fraction of a room', subscribe({ roomId: 1.5 }), 'invalid_message'],
    ['an object as room', subscribe({ roomId: { $gt: '' } }), 'invalid_message'],
    ['two different rooms', subscribe({ roomId: 1, bullPenId: 2 }), 'invalid_message'],
    [
      'deep nesting',
      `{"type":"subscribe_room","data":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      'invalid_message',
    ],
  ])('%s', async (_, message, code) => {
    const before = await rows();
    client.send(message);
    expect(await client.next()).toMatchObject({ type: 'error', data: { code } });
    expect(await rows()).toMatchObject(
      (before as object[]).map((row) => ({ ...row, lastActiveAt: expect.any(String) })),
    );
    expect(await request(client, 'ping', {})).toMatchObject({ type: 'pong' });
  });

  it('whatever text is sent, the answer is an error with a code of the catalogue', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((data) => `{"type":"ping","data":${data}}`),
    );
    await fc.assert(
      fc.asyncProperty(text, async (message) => {
        client.send(message);
        const answer = await client.next();
        if (answer.type !== 'pong') expect(Object.keys(errorCodes)).toContain(answer.data['code']);
      }),
    );
  });

  it('a room too many is refused, names the room, and the others stay', async () => {
    const full = await joinRoom(
      emulator.endpoint,
      await emulator.token('bob'),
      ...Array.from({ length: MAX_ROOMS_PER_CONNECTION }, (_, room) => room),
    );
    expect(await request(full, 'subscribe_room', { bullPenId: 'more' })).toMatchObject({
      type: 'error',
      data: { code: 'too_many_rooms', bullPenId: 'more', requestType: 'subscribe_room' },
    });
    expect(await request(full, 'unsubscribe_room', { roomId: 0 })).toMatchObject({
      type: 'room_unsubscribed',
    });
    expect(await request(full, 'subscribe_room', { roomId: 'more' })).toMatchObject({
      type: 'room_subscribed',
    });
    await full.close();
  });

  it('200 KB closes with 1009 and a binary frame with 1003, as API Gateway does, and nobody else notices', async () => {
    const large = await connect(emulator.endpoint);
    large.send('x'.repeat(200_000));
    expect(await large.closed).toMatchObject({ code: 1009 });
    const binary = await connect(emulator.endpoint);
    binary.sendRaw(Buffer.from('{"type":"ping","data":{}}'));
    expect(await binary.closed).toMatchObject({ code: 1003 });
    expect(await request(client, 'ping', {})).toMatchObject({ type: 'pong' });
  });
});

describe('P4 a bad event never reaches a client and holds up no other', () => {
  it.each([
    ['an unknown type', 'order_exected', { roomId: 'home', data: {} }],
    ['no room', 'order_failed', { data: {} }],
    ['a room that is none', 'order_failed', { roomId: 'a#b', data: {} }],
    ['no data', 'order_failed', { roomId: 'home' }],
    ['an array as data', 'order_failed', { roomId: 'home', data: [] }],
    ['an object as price', 'order_executed', { roomId: 'home', data: { price: { $: 1 } } }],
    [
      'a frame of more than 128 KB',
      'order_failed',
      { roomId: 'home', data: { reason: 'x'.repeat(131_072) } },
    ],
    ['a date as publishedAt', 'order_failed', { roomId: 'home', data: {}, publishedAt: '2026-01-01' }],
  ])('%s', async (_, type, detail) => {
    const application = applicationClients(emulator.endpoint);
    await application.publish(type, detail);
    await application.publish('position_closed', { roomId: 'home', data: { symbol: 'GOOD' } });
    expect(await client.next()).toMatchObject({ type: 'position_closed', data: { symbol: 'GOOD' } });
  });
});
