import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { User } from '../../../lib/core/connection.ts';
import type { ConnectionDeps, Store } from '../../../lib/core/ports.ts';
import { settleRoom } from '../../../lib/core/settle-room.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';
import { membershipKey } from '../../../lib/store/keys.ts';
import { startDynalite } from '../../support/dynamodb-engines.ts';
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts';
import { type SkippingTime, START, skippingTime } from './skipping-time.ts';

/** One room over the real store, with a gateway that fails as it is told to and time that skips. */
export interface Room extends ConnectionDeps {
  roomId: string;
  gateway: ScriptedGateway;
  time: SkippingTime;
  errors: { message: string; error: unknown }[];
  onError(message: string, error: unknown): void;
  /** A connection that has not authenticated; returns its id. */
  connect(name: string): Promise<string>;
  /** A connection that is live in the room; returns its id. */
  join(name: string, user?: Partial<User>): Promise<string>;
  hasConnection(connectionId: string): Promise<boolean>;
  hasMembership(connectionId: string): Promise<boolean>;
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
      roomId,
      store,
      time,
      gateway: scriptedGateway(),
      errors,
      onError: (message, error) => errors.push({ message, error }),
      connect,
      async join(name, differences = {}) {
        const connectionId = await connect(name);
        const user: User = { userId: name, expiresAt: START + 3_600_000, rooms: '*', ...differences };
        await store.setUser(connectionId, { user, sentAt: START });
        const entry = { on: true, sentAt: START, request: { echo: { roomId } } };
        const connection = await store.setRoom(connectionId, roomId, entry);
        if (connection === undefined) throw new Error(`${name} could not subscribe`);
        await settleRoom(store, connection, roomId);
        return connectionId;
      },
      hasConnection: async (connectionId) => (await store.getConnection(connectionId)) !== undefined,
      async hasMembership(connectionId) {
        const key = { TableName: tableName, Key: membershipKey(roomId, connectionId), ConsistentRead: true };
        return (await client.send(new GetCommand(key))).Item !== undefined;
      },
    };
  }

  return { open, stop };
}
