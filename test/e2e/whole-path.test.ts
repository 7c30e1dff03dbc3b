import {
  ApiGatewayManagementApiClient,
  GetConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applicationClients } from '../support/application-clients.ts';
import { joinRoom, request } from '../support/room-client.ts';
import { shellOfOtherWork } from '../support/shell-of-other-work.ts';
import { stageOf } from '../support/stage.ts';
import { type LocalEmulator, spawnCommand, startLocal } from '../support/start-local.ts';
import { connect } from '../support/test-client.ts';
import { describeStage } from './stage-suite.ts';

let emulator: LocalEmulator;
let application: ReturnType<typeof applicationClients>;
let token: string;

beforeAll(async () => {
  emulator = await startLocal(shellOfOtherWork, [], spawnCommand);
  application = applicationClients(emulator.endpoint);
  token = await emulator.token('alice');
});
afterAll(() => emulator.stop());

// As `npm test` does it with a deployed stage, down to the variables.
describeStage('the emulator', () => {
  const stage = stageOf({
    TRADE_ROOM_URL: `${emulator.endpoint}/any/path?with=query`,
    TRADE_ROOM_BUS: 'trade-room-local',
    TRADE_ROOM_TOKEN: token,
    TRADE_ROOM_ENDPOINT_URL: emulator.endpoint,
  });
  if (stage === undefined) throw new Error('the variables name a stage');
  return stage;
});

describe('the variables of a deployed stage', () => {
  it('the tests of a deployed stage need all of their variables, and name the missing ones', () => {
    expect(stageOf({})).toBeUndefined();
    expect(() => stageOf({ TRADE_ROOM_URL: 'wss://example.com/dev', TRADE_ROOM_TOKEN: '' })).toThrow(
      'TRADE_ROOM_BUS, TRADE_ROOM_TOKEN missing',
    );
  });
});

describe('a client', () => {
  it('/dev/connections lists a client with its user and rooms while it is connected', async () => {
    const client = await joinRoom(emulator.endpoint, await emulator.token('carol'), 'listed');
    const listed = async () =>
      (await (await fetch(`${emulator.endpoint}/dev/connections`)).json()) as object[];
    expect(await listed()).toContainEqual(
      expect.objectContaining({ userId: 'carol', rooms: { listed: 'live' } }),
    );
    await client.close();
    await expect.poll(listed).not.toContainEqual(expect.objectContaining({ userId: 'carol' }));
  });

  it('a client renews its token, but not with a token of another user', async () => {
    const client = await joinRoom(
      emulator.endpoint,
      await emulator.token('alice', { expiresIn: 60 }),
      'renewed',
    );
    const renewed = await request(client, 'auth', {
      token: await emulator.token('alice', { expiresIn: 7_200 }),
    });
    expect(renewed).toMatchObject({ type: 'auth_success', data: { userId: 'alice' } });
    expect(Number(renewed.data['expiresAt'])).toBeGreaterThan(Date.now() + 3_600_000);

    const refused = await request(client, 'auth', { token: await emulator.token('mallory') });
    expect(refused).toMatchObject({ type: 'error', data: { code: 'user_mismatch', requestType: 'auth' } });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });
});

describe('a token', () => {
  it('a connection whose token has expired is closed at its next message', async () => {
    const client = await connect(emulator.endpoint);
    await request(client, 'auth', { token: await emulator.token('alice', { expiresIn: 1 }) });
    let answer = await request(client, 'ping', {});
    while (answer.type === 'pong') answer = await request(client, 'ping', {});
    expect(answer).toMatchObject({ type: 'error', data: { code: 'token_expired' } });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

  it('a connection whose token has expired is closed at the next broadcast and gets no event', async () => {
    const client = await joinRoom(
      emulator.endpoint,
      await emulator.token('alice', { expiresIn: 1 }),
      'expiring',
    );
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
  it('the AWS clients of an application see the table, a connection, and a dead letter with its reason', async () => {
    const { TableNames: tables } = await application.dynamoDb.send(new ListTablesCommand());
    expect(tables).toEqual(['trade-room-local']);

    await application.publish('order_exected', { roomId: '42', data: { orderId: 1 } });
    const command = new ReceiveMessageCommand({
      QueueUrl: `${emulator.endpoint}/000000000000/trade-room-local-event-dead-letters`,
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

  it('the management client of an application posts to a connection, with the stage in the path and without', async () => {
    const client = await joinRoom(emulator.endpoint, await emulator.token('dave'), 'posted');
    const listed = await (await fetch(`${emulator.endpoint}/dev/connections`)).json();
    const dave = (listed as { userId: string; connectionId: string }[]).find(
      ({ userId }) => userId === 'dave',
    );
    const ConnectionId = dave?.connectionId;
    for (const endpoint of [emulator.endpoint, `${emulator.endpoint}/local`]) {
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
