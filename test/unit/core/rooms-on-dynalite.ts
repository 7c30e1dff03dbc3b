import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { BroadcastDeps } from '../../../lib/core/broadcast/broadcast.ts';
import { postingProcess } from '../../../lib/core/broadcast/broadcast-slice.ts';
import type { User } from '../../../lib/core/connection/connection.ts';
import { reconcileMembership } from '../../../lib/core/connection/reconcile-membership.ts';
import type { Store } from '../../../lib/core/ports.ts';
import { roomAttribute, roomItem } from '../../../lib/store/connections.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';
import { connectionKey, membershipKey } from '../../../lib/store/keys.ts';
import { startDynalite } from '../../support/dynamodb-engines.ts';
import { errorsInto } from '../../support/recording-log.ts';
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts';
import { type SkippingTime, START, skippingTime } from './skipping-time.ts';

/** One room over the real store, with a gateway that fails as it is told to and time that skips. */
export interface Room extends BroadcastDeps {
  roomId: string;
  gateway: ScriptedGateway;
  time: SkippingTime;
  errors: string[];
  /** A connection that has not authenticated; returns its id. */
  connect(name: string): Promise<string>;
  /** A connection that is live in the room; returns its id. */
  join(name: string, user?: Partial<User>): Promise<string>;
  /** Makes these the rooms of a connection that has none, in one write: as many messages would take seconds. */
  giveRooms(
    connectionId: string,
    roomIds: readonly string[],
    entry: { on: boolean; sentAt: number },
  ): Promise<void>;
  hasConnection(connectionId: string): Promise<boolean>;
  /** Whether there is a row, on or off, for the connection in this room or another. */
  hasMembership(connectionId: string, inRoom?: string): Promise<boolean>;
}

export const TTL = START / 1000 + 7_800;

export interface Rooms {
  open(): Room;
  stop(): Promise<void>;
}

export async function startRooms(): Promise<Rooms> {
  const { client, tableName, stop } = await startDynalite();
  let count = 0;

  function open(): Room {
    count += 1;
    const number = count;
    const roomId = `room-${number}`;
    const time = skippingTime();
    const store: Store = dynamoDbStore({ client, tableName, clock: time.clock, pageSize: 2 });
    const errors: Room['errors'] = [];

    async function connect(name: string): Promise<string> {
      const connectionId = `${name}-${number}=`;
      await store.createConnection({ connectionId, connectedAt: START, ttl: TTL });
      return connectionId;
    }

    return {
      ...time,
      ...postingProcess(time),
      roomId,
      store,
      time,
      gateway: scriptedGateway(),
      postsPerSecond: 1_000_000,
      async invokeWorker() {
        throw new Error('a small room has no workers');
      },
      errors,
      log: errorsInto(errors),
      connect,
      async join(name, differences = {}) {
        const connectionId = await connect(name);
        const user: User = {
          userId: name,
          tokenExpiresAt: START + 3_600_000,
          allowedRooms: '*',
          ...differences,
        };
        await store.setUser(connectionId, { user, sentAt: START });
        const entry = { on: true, sentAt: START, request: { echo: { roomId } } };
        const connection = await store.setRoom(connectionId, roomId, entry);
        if (connection === undefined) throw new Error(`${name} could not subscribe`);
        await reconcileMembership(store, connection, roomId);
        return connectionId;
      },
      async giveRooms(connectionId, roomIds, { on, sentAt }) {
        const item = roomItem({ on, sentAt, request: { echo: {} } });
        const command = new UpdateCommand({
          TableName: tableName,
          Key: connectionKey(connectionId),
          UpdateExpression: `SET #rooms = :rooms${on ? ', #subscribed = :subscribed' : ''}`,
          ExpressionAttributeNames: { '#rooms': 'rooms', ...(on && { '#subscribed': 'subscribed' }) },
          ExpressionAttributeValues: {
            ':rooms': Object.fromEntries(roomIds.map((id) => [roomAttribute(id), item])),
            ...(on && { ':subscribed': new Set(roomIds) }),
          },
        });
        await client.send(command);
      },
      hasConnection: async (connectionId) => (await store.getConnection(connectionId)) !== undefined,
      async hasMembership(connectionId, inRoom = roomId) {
        const key = { TableName: tableName, Key: membershipKey(inRoom, connectionId), ConsistentRead: true };
        return (await client.send(new GetCommand(key))).Item !== undefined;
      },
    };
  }

  return { open, stop };
}

/** Gives every test of a file a room of its own, over one dynalite. */
export function openRoomBeforeEach(use: (room: Room) => void): void {
  let rooms: Rooms;
  beforeAll(async () => {
    rooms = await startRooms();
  });
  afterAll(() => rooms.stop());
  beforeEach(() => use(rooms.open()));
}
