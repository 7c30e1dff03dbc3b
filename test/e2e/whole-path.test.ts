import {
  ApiGatewayManagementApiClient,
  GetConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sampleEvents } from '../../bin/sample-events.ts';
import { roomEventTypes } from '../../lib/protocol/room-events.ts';
import { applicationClients } from '../support/application-clients.ts';
import { joinRoom, request } from '../support/room-client.ts';
import { type LocalShim, startLocal } from '../support/start-local.ts';
import { connect } from '../support/test-client.ts';

let shim: LocalShim;
let application: ReturnType<typeof applicationClients>;

beforeAll(async () => {
  // A developer who works with AWS all day has all of these exported. None of it may lead anywhere.
  const elsewhere = 'http://127.0.0.1:1';
  shim = await startLocal({
    AWS_PROFILE: 'production',
    AWS_REGION: 'ap-southeast-2',
    AWS_ACCESS_KEY_ID: 'AKIAREAL',
    AWS_SECRET_ACCESS_KEY: 'real',
    AWS_SESSION_TOKEN: 'real',
    AWS_ENDPOINT_URL: elsewhere,
    AWS_ENDPOINT_URL_DYNAMODB: elsewhere,
    AWS_ENDPOINT_URL_SQS: elsewhere,
  });
  application = applicationClients(shim.endpoint);
});
afterAll(() => shim.stop());

describe('the existing frontend', () => {
  it('connects to any path, sends auth and subscribe_room back to back, and gets every event of its room', async () => {
    const client = await connect(`${shim.endpoint}/any/path?with=query`);
    client.send({ type: 'auth', data: { token: await shim.token('alice') } });
    client.send({ type: 'subscribe_room', data: { bullPenId: 42 } });
    expect((await client.nextOf('room_subscribed')).data).toEqual({ bullPenId: 42 });

    for (const type of roomEventTypes) {
      const data = {
        ...sampleEvents[type]('42', '2026-11-23T10:00:00Z'),
        'not known': { kept: ['as', 1, null] },
      };
      await application.publish(type, {
        roomId: '42',
        data,
        id: `event-${type}`,
        publishedAt: 1_790_000_000_000,
      });
      expect(await client.nextOf(type)).toEqual({
        type,
        data,
        roomId: '42',
        id: `event-${type}`,
        publishedAt: 1_790_000_000_000,
      });
    }
    await client.close();
  });

  it('that mounts and unmounts within a millisecond ends subscribed when it said so last', async () => {
    const client = await connect(shim.endpoint);
    await request(client, 'auth', { token: await shim.token('alice') });
    for (const type of ['subscribe_room', 'unsubscribe_room', 'subscribe_room']) {
      client.send({ type, data: { roomId: 'quick' } });
    }
    for (const _ of ['three', 'answers', 'come']) await client.next();
    await application.publish('order_failed', { roomId: 'quick', data: { orderId: 1 } });
    expect((await client.nextOf('order_failed')).data).toEqual({ orderId: 1 });
    await client.close();
  });
});

describe('a client', () => {
  it('gets its answers with the id, the name and the JSON type that it used', async () => {
    const client = await connect(shim.endpoint);
    client.send({ type: 'subscribe_room', data: { bullPenId: 7 }, id: 'first' });
    expect(await client.next()).toEqual({ type: 'subscribe_pending', data: { bullPenId: 7 }, id: 'first' });

    client.send({ type: 'auth', data: { token: await shim.token('alice') }, id: 2 });
    const frames = [await client.next(), await client.next()];
    expect(frames).toContainEqual({ type: 'room_subscribed', data: { bullPenId: 7 }, id: 'first' });
    expect(frames).toContainEqual({
      type: 'auth_success',
      data: { userId: 'alice', expiresAt: expect.any(Number) },
      id: 2,
    });

    client.send({ type: 'ping', data: {}, id: -3 });
    expect(await client.next()).toEqual({ type: 'pong', data: {}, id: -3 });
    client.send({ type: 'unsubscribe_room', data: { roomId: '7' }, id: 'last' });
    expect(await client.next()).toEqual({ type: 'room_unsubscribed', data: { roomId: '7' }, id: 'last' });
    await client.close();
  });

  it('that has left a room gets no more of its events', async () => {
    const client = await joinRoom(shim.endpoint, await shim.token('alice'), 'left', 'kept');
    await request(client, 'unsubscribe_room', { roomId: 'left' });
    await application.publish('position_update', { roomId: 'left', data: { symbol: 'NO' } });
    await application.publish('position_update', { roomId: 'kept', data: { symbol: 'YES' } });
    expect(await client.next()).toMatchObject({ type: 'position_update', data: { symbol: 'YES' } });
    await client.close();
  });

  it('is listed with its user and its rooms while it is connected', async () => {
    const client = await joinRoom(shim.endpoint, await shim.token('carol'), 'listed');
    const listed = async () => (await (await fetch(`${shim.endpoint}/dev/connections`)).json()) as object[];
    expect(await listed()).toContainEqual(
      expect.objectContaining({ userId: 'carol', rooms: { listed: 'live' } }),
    );
    await client.close();
    await expect.poll(listed).not.toContainEqual(expect.objectContaining({ userId: 'carol' }));
  });

  it('renews its token, but not for another user', async () => {
    const client = await joinRoom(shim.endpoint, await shim.token('alice', { expiresIn: 60 }), 'renewed');
    const renewed = await request(client, 'auth', { token: await shim.token('alice', { expiresIn: 7_200 }) });
    expect(renewed).toMatchObject({ type: 'auth_success', data: { userId: 'alice' } });
    expect(Number(renewed.data['expiresAt'])).toBeGreaterThan(Date.now() + 3_600_000);

    const refused = await request(client, 'auth', { token: await shim.token('mallory') });
    expect(refused).toMatchObject({ type: 'error', data: { code: 'user_mismatch', requestType: 'auth' } });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });
});

describe('a token', () => {
  it('that is missing is a failed auth: told and closed', async () => {
    for (const data of [{}, { token: '' }, { token: 7 }, null]) {
      const client = await connect(shim.endpoint);
      client.send({ type: 'auth', data, id: 'a' });
      expect(await client.next()).toMatchObject({ type: 'error', data: { code: 'auth_failed' }, id: 'a' });
      expect(await client.closed).toMatchObject({ code: 1000 });
    }
  });

  it('that expires closes the connection at the next message', async () => {
    const client = await connect(shim.endpoint);
    await request(client, 'auth', { token: await shim.token('alice', { expiresIn: 1 }) });
    let answer = await request(client, 'ping', {});
    while (answer.type === 'pong') answer = await request(client, 'ping', {});
    expect(answer).toMatchObject({ type: 'error', data: { code: 'token_expired' } });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

  it('that expires closes the connection at the next broadcast, and no event is seen', async () => {
    const client = await joinRoom(shim.endpoint, await shim.token('alice', { expiresIn: 1 }), 'expiring');
    let closed = false;
    void client.closed.then(() => {
      closed = true;
    });
    while (!closed) await application.publish('order_failed', { roomId: 'expiring', data: {} });
    expect(JSON.parse(client.frames.at(-1) ?? '')).toMatchObject({
      type: 'error',
      data: { code: 'token_expired' },
    });
  });
});

describe('an AWS client of an application', () => {
  it('sees the table, a connection, and a dead letter with its reason', async () => {
    const { TableNames: tables } = await application.dynamoDb.send(new ListTablesCommand());
    expect(tables).toEqual(['trade-room-local']);

    await application.publish('order_exected', { roomId: '42', data: { orderId: 1 } });
    const command = new ReceiveMessageCommand({
      QueueUrl: `${shim.endpoint}/000000000000/trade-room-local-event-dead-letters`,
      WaitTimeSeconds: 5,
      MessageAttributeNames: ['All'],
    });
    const { Messages: [letter] = [] } = await application.sqs.send(command);
    expect(letter?.MessageAttributes?.['ERROR_CODE']?.StringValue).toBe('unknown_event');
    expect(JSON.parse(letter?.Body ?? '')).toMatchObject({
      'detail-type': 'order_exected',
      detail: { roomId: '42' },
    });
  });

  it('posts to a connection and looks at it, with the stage in the path and without', async () => {
    const client = await joinRoom(shim.endpoint, await shim.token('dave'), 'posted');
    const listed = await (await fetch(`${shim.endpoint}/dev/connections`)).json();
    const dave = (listed as { userId: string; connectionId: string }[]).find(
      ({ userId }) => userId === 'dave',
    );
    const ConnectionId = dave?.connectionId;
    for (const endpoint of [shim.endpoint, `${shim.endpoint}/local`]) {
      vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
      const management = new ApiGatewayManagementApiClient();
      await management.send(new PostToConnectionCommand({ ConnectionId, Data: '{"type":"hello"}' }));
      expect(await client.next()).toEqual({ type: 'hello' });
      const connection = await management.send(new GetConnectionCommand({ ConnectionId }));
      expect(connection.ConnectedAt).toBeInstanceOf(Date);
      const gone = new PostToConnectionCommand({ ConnectionId: 'never-was=', Data: 'x' });
      await expect(management.send(gone)).rejects.toBeInstanceOf(GoneException);
    }
    await client.close();
  });
});
