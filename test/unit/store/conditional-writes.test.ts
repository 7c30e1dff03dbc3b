import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { Store } from '../../../lib/core/ports.ts';
import type { LoggedEvent } from '../../../lib/core/room-log.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';
import { aConnection, aCursor, aMembership, aRoomEntry, aUser, TTL } from '../../support/rows.ts';
import { START } from '../../support/virtual-time.ts';

const dynamoDb = mockClient(DynamoDBDocumentClient);
afterAll(() => dynamoDb.restore());
const store: Store = dynamoDbStore({ client: new DynamoDBClient(), tableName: 'table', clock: () => START });

beforeEach(() => {
  dynamoDb.reset();
  const item = { ...aConnection(), rooms: {} };
  dynamoDb.onAnyCommand().resolves({ Attributes: item });
});

const cursor = aCursor();
const event: LoggedEvent = {
  seq: 1,
  sequenceNumber: '1',
  type: 'room_state_changed',
  id: 'i',
  publishedAt: START,
  data: '{}',
  ttl: TTL,
};

const writes: Record<string, () => Promise<unknown>> = {
  createConnection: () => store.createConnection({ connectionId: 'c', connectedAt: START, ttl: TTL }),
  setUser: () => store.setUser('c', { user: aUser(), sentAt: START }),
  setRoom: () => store.setRoom('c', 'r', aRoomEntry()),
  refuseRoom: () => store.refuseRoom(aConnection(), 'r'),
  pruneRooms: () => store.pruneRooms(aConnection(), ['r']),
  markClosing: () => store.markClosing('c', 'auth_failed', 'always'),
  deleteConnection: () => store.deleteConnection('c'),
  putMembership: () => store.putMembership(aMembership()),
  deleteMembership: () => store.deleteMembership('r', 'c', 1),
  createCursor: () => store.createCursor('r', cursor),
  advanceCursor: () => store.advanceCursor('r', cursor, { ...cursor, seq: 1 }),
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
