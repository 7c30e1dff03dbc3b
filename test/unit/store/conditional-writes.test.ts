import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { Connection, RoomEntry } from '../../../lib/core/connection/connection.ts';
import type { Membership, Store } from '../../../lib/core/ports.ts';
import type { Cursor, LoggedEvent } from '../../../lib/core/room-log.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';

const NOW = 1_790_000_000_000;
const TTL = NOW / 1000 + 7_200;

const dynamoDb = mockClient(DynamoDBDocumentClient);
afterAll(() => dynamoDb.restore());
const store: Store = dynamoDbStore({ client: new DynamoDBClient(), tableName: 'table', clock: () => NOW });

beforeEach(() => {
  dynamoDb.reset();
  const item = { connectionId: 'c', version: 1, ttl: TTL, rooms: {} };
  dynamoDb.onAnyCommand().resolves({ Attributes: item });
});

const connection: Connection = { connectionId: 'c', version: 1, ttl: TTL, rooms: new Map() };
const entry: RoomEntry = { on: true, sentAt: NOW, request: { echo: { roomId: 'r' } } };
const user = { userId: 'alice', tokenExpiresAt: NOW + 1, allowedRooms: '*' } as const;
const membership: Membership = {
  roomId: 'r',
  connectionId: 'c',
  version: 1,
  on: true,
  userId: 'alice',
  tokenExpiresAt: NOW + 1,
  batch: false,
  ttl: TTL,
};

const cursor: Cursor = {
  epoch: 'e',
  seq: 1,
  lastFrameSeq: 1,
  deliveredSeq: 1,
  deliveredAt: NOW,
  deliveryMs: 0,
  lastSequenceNumber: '1',
  ttl: TTL,
};
const event: LoggedEvent = {
  seq: 1,
  sequenceNumber: '1',
  type: 'room_state_changed',
  id: 'i',
  publishedAt: NOW,
  data: '{}',
  ttl: TTL,
};

const writes: Record<string, () => Promise<unknown>> = {
  createConnection: () => store.createConnection({ connectionId: 'c', connectedAt: NOW, ttl: TTL }),
  setUser: () => store.setUser('c', { user, sentAt: NOW }),
  setRoom: () => store.setRoom('c', 'r', entry),
  refuseRoom: () => store.refuseRoom(connection, 'r'),
  pruneRooms: () => store.pruneRooms(connection, ['r']),
  markClosing: () => store.markClosing('c', 'auth_failed', 'always'),
  deleteConnection: () => store.deleteConnection('c'),
  putMembership: () => store.putMembership(membership),
  deleteMembership: () => store.deleteMembership('r', 'c', 1),
  createCursor: () => store.createCursor('r', cursor),
  advanceCursor: () => store.advanceCursor('r', cursor, { ...cursor, seq: 2 }),
  putEvent: () => store.putEvent('r', 'e', event),
  putRetainedValue: () => store.putRetainedValue('r', 'e', { ...event, key: 'room_state_changed' }),
};

it('these are all writes of the store', () => {
  const reads = [
    'getConnection',
    'readMembers',
    'readCursor',
    'readEvents',
    'readRetainedValues',
    'readAllRetainedValues',
  ];
  expect([...Object.keys(writes), ...reads].sort()).toEqual(Object.keys(store).sort());
});

it.each(Object.entries(writes))('%s is one conditional write of one row', async (_, write) => {
  await write();
  const commands = dynamoDb.calls().map(({ args: [command] }) => command);
  expect(commands.map(({ constructor: { name } }) => name)).toEqual([
    expect.stringMatching(/^(Put|Update|Delete)Command$/),
  ]);
  expect(commands[0]?.input).toHaveProperty('ConditionExpression', expect.stringMatching(/#\w+/));
});
