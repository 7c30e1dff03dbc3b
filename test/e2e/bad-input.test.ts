import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCodes } from '../../lib/protocol/error-codes.ts';
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

describe('bad input', () => {
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
  ])(
    'a bad message changes nothing, is answered with an error, and its connection stays open: %s',
    async (_, message, code) => {
      const before = await rows();
      client.send(message);
      expect(await client.next()).toMatchObject({ type: 'error', data: { code } });
      expect(await rows()).toMatchObject(
        (before as object[]).map((row) => ({ ...row, lastActiveAt: expect.any(String) })),
      );
      expect(await request(client, 'ping', {})).toMatchObject({ type: 'pong' });
    },
  );

  it('every text that a client sends is answered, if not by a pong then by an error with a documented code', async () => {
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
      { numRuns: 40 },
    );
  });

  it('a message of 200 KB closes its connection with 1009, a binary frame closes it with 1003, and other connections stay', async () => {
    const large = await connect(emulator.endpoint);
    large.send('x'.repeat(200_000));
    expect(await large.closed).toMatchObject({ code: 1009 });
    const binary = await connect(emulator.endpoint);
    binary.sendRaw(Buffer.from('{"type":"ping","data":{}}'));
    expect(await binary.closed).toMatchObject({ code: 1003 });
    expect(await request(client, 'ping', {})).toMatchObject({ type: 'pong' });
  });
});

describe('a bad event', () => {
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
  ])('a bad event reaches no client, and the next event of the room arrives: %s', async (_, type, detail) => {
    const application = applicationClients(emulator.endpoint);
    await application.publish(type, detail);
    await application.publish('position_closed', { roomId: 'home', data: { symbol: 'GOOD' } });
    expect(await client.next()).toMatchObject({ type: 'position_closed', data: { symbol: 'GOOD' } });
  });
});
