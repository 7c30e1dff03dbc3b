import { expect, it } from 'vitest';
import { directStream } from '../../support/direct-stream.ts';
import { handlersOver } from '../../support/handlers.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { recordingGateway } from '../../support/recording-gateway.ts';
import { recordingLog } from '../../support/recording-log.ts';

const MARK = 'S3cr3t';
const START = 1_790_000_000_000;

/** The handlers over a store in memory, and what a client and a service do with them. */
function stage({ userMayJoin = '*' as '*' | string[] } = {}) {
  const recorded = recordingLog();
  const stream = directStream();
  const store = memoryStore({ clock: () => START });
  const handlers = handlersOver({
    ...stream.ports,
    store,
    gateway: recordingGateway(),
    clock: () => START,
    sleep: async () => undefined,
    random: () => 0.5,
    verifyToken: async (token) =>
      token === `good ${MARK}`
        ? { ok: true, user: { userId: 'alice', tokenExpiresAt: START + 60_000, allowedRooms: userMayJoin } }
        : token === `new ${MARK}`
          ? { ok: false, reason: 'the issuer was asked too often', isRetryable: true }
          : { ok: false, reason: 'the signature is wrong' },
    log: recorded.log,
  });
  let sentAt = START;
  const context = (eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT') => {
    sentAt += 1;
    return { connectionId: 'c=', eventType, connectedAt: START, requestTimeEpoch: sentAt };
  };
  return {
    recorded,
    connect: () => handlers.$connect({ requestContext: context('CONNECT') }),
    disconnect: () =>
      handlers.$disconnect({ requestContext: { ...context('DISCONNECT'), disconnectStatusCode: 1000 } }),
    send: (type: 'auth' | 'subscribe_room' | 'unsubscribe_room' | 'ping', data: object) =>
      handlers[type]({ requestContext: context('MESSAGE'), body: JSON.stringify({ type, data }) }),
    publish: (type: string, detail: object) =>
      stream.publish(handlers, { id: 'on-the-bus', 'detail-type': type, detail }),
  };
}

it('the log of a connection has one line each for connect, auth, subscribe, unsubscribe and disconnect, with connection, user and room', async () => {
  const { recorded, connect, send, disconnect } = stage();
  await connect();
  await send('auth', { token: `good ${MARK}` });
  await send('subscribe_room', { roomId: '42' });
  await send('unsubscribe_room', { roomId: '42' });
  await disconnect();
  const ids = { connectionId: 'c=', userId: 'alice' };
  expect(recorded.lines).toMatchObject([
    { name: 'connected', fields: { connectionId: 'c=' } },
    { name: 'authenticated', fields: { ...ids, tokenExpiresAt: START + 60_000 } },
    { name: 'room_subscribed', fields: { ...ids, roomId: '42', seq: 0, recovered: false } },
    { name: 'room_unsubscribed', fields: { ...ids, roomId: '42' } },
    { name: 'disconnected', fields: { ...ids, rooms: 0, code: '1000' } },
  ]);
});

it('the log of a connection says of a subscribe before auth that it waits, and later that it is live', async () => {
  const { recorded, connect, send } = stage();
  await connect();
  await send('subscribe_room', { roomId: '42' });
  await send('auth', { token: `good ${MARK}` });
  expect(recorded.names()).toEqual(['connected', 'room_pending', 'room_subscribed', 'authenticated']);
});

it('the log of a connection says why a room or a token was refused, and who was closed', async () => {
  const { recorded, connect, send } = stage({ userMayJoin: ['1'] });
  await connect();
  await send('auth', { token: `good ${MARK}` });
  await send('subscribe_room', { roomId: '2' });
  await send('auth', { token: `new ${MARK}` });
  await send('auth', { token: `bad ${MARK}` });
  expect(recorded.lines.slice(2)).toMatchObject([
    { name: 'room_refused', fields: { connectionId: 'c=', roomId: '2', code: 'forbidden_room' } },
    {
      name: 'token_not_checked',
      fields: { connectionId: 'c=', reason: 'the issuer was asked too often' },
    },
    { name: 'token_refused', fields: { connectionId: 'c=', reason: 'the signature is wrong' } },
    { name: 'connection_closed', fields: { connectionId: 'c=', userId: 'alice', code: 'auth_failed' } },
  ]);
});

it('the log of a connection says what a client that came back was sent, and since when', async () => {
  const { recorded, connect, send, publish } = stage();
  await connect();
  await send('auth', { token: `good ${MARK}` });
  const { body = '' } = await send('subscribe_room', { roomId: '42' });
  const { epoch } = JSON.parse(body).data;
  await send('unsubscribe_room', { roomId: '42' });
  for (const id of ['one', 'two']) await publish('order_executed', { roomId: '42', id, data: {} });
  await send('subscribe_room', { roomId: '42', since: { epoch, seq: 1 } });
  expect(recorded.lines.at(-1)).toMatchObject({
    name: 'room_subscribed',
    fields: { roomId: '42', epoch, seq: 2, recovered: true, since: 1, events: 1 },
  });
});

it('the log of an event leads by its id from the bus to its number, and by its number to its delivery', async () => {
  const { recorded, connect, send, publish } = stage();
  await connect();
  await send('auth', { token: `good ${MARK}` });
  await send('subscribe_room', { roomId: '42' });
  const from = recorded.lines.length;
  await publish('order_executed', { roomId: '42', id: 'order-7', data: { note: MARK } });
  const [ingested, logged, delivery] = recorded.lines.slice(from);
  expect(recorded.lines.slice(from)).toHaveLength(3);
  expect(ingested).toMatchObject({
    name: 'event_ingested',
    fields: { eventId: 'order-7', busEventId: 'on-the-bus', roomId: '42' },
  });
  expect(logged).toMatchObject({
    name: 'events_logged',
    fields: { roomId: '42', firstSeq: 1, lastSeq: 1, eventIds: ['order-7'] },
  });
  const { epoch } = logged?.fields ?? {};
  expect(delivery).toMatchObject({
    name: 'delivery',
    fields: { roomId: '42', epoch, fromSeq: 1, toSeq: 1, lastEventId: 'order-7', delivered: 1 },
  });
});

it('the log of an event says of a state that a newer one superseded it, and the delivery covers its number', async () => {
  const { recorded, publish } = stage();
  const state = (id: string, publishedAt: number) =>
    publish('position_update', { roomId: '42', id, publishedAt, data: { positionId: 1 } });
  await state('newer', START - 1_000);
  await state('older', START - 2_000);
  await publish('order_executed', { roomId: '42', id: 'order', data: {} });
  const superseded = recorded.lines.filter(({ name }) => name === 'event_superseded');
  expect(superseded).toMatchObject([{ fields: { roomId: '42', seq: 2, eventId: 'older' } }]);
  const ranges = recorded.lines.filter(({ name }) => name === 'delivery').map(({ fields }) => fields);
  expect(ranges).toMatchObject([
    { fromSeq: 1, toSeq: 1, firstSeq: 1, lastSeq: 1, firstEventId: 'newer' },
    { fromSeq: 3, toSeq: 3, firstSeq: 3, lastSeq: 3, firstEventId: 'order' },
  ]);
});

it('no line has a token, or any of the data of a message or an event', async () => {
  const { recorded, connect, disconnect, send, publish } = stage();
  await connect();
  await send('auth', { token: `bad ${MARK}`, [MARK]: MARK });
  await connect();
  await send('auth', { token: `good ${MARK}` });
  for (const roomId of ['42', '43']) await send('subscribe_room', { roomId, [MARK]: MARK });
  await send('subscribe_room', { roomId: { [MARK]: MARK } });
  await send('ping', { rooms: { 42: MARK } });
  await publish('position_update', { roomId: '42', data: { positionId: 1, [MARK]: MARK } });
  await publish('position_update', { roomId: '42', data: { positionId: 1, price: { [MARK]: MARK } } });
  await publish('order_executed', { roomId: '42', data: { note: MARK } });
  await disconnect();
  expect(recorded.lines.length).toBeGreaterThan(10);
  expect(recorded.text()).not.toContain(MARK);
});
