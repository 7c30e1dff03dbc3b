import { expect, it } from 'vitest';
import { connect } from '../../../lib/core/messages/connect.ts';
import { MAX_CONNECTION_MS } from '../../../lib/protocol/limits.ts';
import { noLog } from '../../support/recording-log.ts';
import { openRoomBeforeEach, type Room } from './room-in-memory.ts';
import { START } from './skipping-time.ts';

let room: Room;
openRoomBeforeEach((opened) => {
  room = opened;
});

const connection = { connectionId: 'c=', connectedAt: START };

it('$connect records the connection before it sets the auth deadline', async () => {
  let wasRecorded: boolean | undefined;
  const scheduleAuthDeadline = async (connectionId: string) => {
    wasRecorded = await room.hasConnection(connectionId);
  };
  await connect(
    { log: noLog, store: room.store, scheduleAuthDeadline },
    { ...connection, connectionId: 'first=' },
  );
  expect(wasRecorded).toBe(true);
  expect(await room.hasConnection('first=')).toBe(true);
});

it('$connect keeps the row for longer than API Gateway keeps the connection', async () => {
  await connect({ log: noLog, store: room.store, scheduleAuthDeadline: async () => undefined }, connection);
  const row = await room.store.getConnection(connection.connectionId);
  expect((row?.ttl ?? 0) * 1000).toBeGreaterThan(START + MAX_CONNECTION_MS);
});

it('$connect leaves no row and fails if the auth deadline cannot be set, so that the connection does not open', async () => {
  const scheduleAuthDeadline = () => Promise.reject(new Error('SQS does not answer'));
  const connecting = connect(
    { log: noLog, store: room.store, scheduleAuthDeadline },
    { ...connection, connectionId: 'unwatched=' },
  );
  await expect(connecting).rejects.toThrow(new Error('SQS does not answer'));
  expect(await room.hasConnection('unwatched=')).toBe(false);
});

it('$connect sets no auth deadline and fails if the connection cannot be recorded', async () => {
  const scheduled: string[] = [];
  const store = {
    ...room.store,
    createConnection: () => Promise.reject(new Error('DynamoDB does not answer')),
  };
  const scheduleAuthDeadline = async (connectionId: string) => void scheduled.push(connectionId);
  const connecting = connect({ log: noLog, store, scheduleAuthDeadline }, connection);
  await expect(connecting).rejects.toThrow(new Error('DynamoDB does not answer'));
  expect(scheduled).toEqual([]);
});
