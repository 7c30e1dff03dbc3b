import { beforeEach } from 'vitest';
import type { BroadcastDeps } from '../../../lib/core/broadcast/broadcast.ts';
import { postingProcess } from '../../../lib/core/broadcast/broadcast-slice.ts';
import type { User } from '../../../lib/core/connection/connection.ts';
import { reconcileMembership } from '../../../lib/core/connection/reconcile-membership.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { errorsInto } from '../../support/recording-log.ts';
import { aRoomEntry, aUser, TTL } from '../../support/rows.ts';
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts';
import { type SkippingTime, START, skippingTime } from './skipping-time.ts';

/** One room over a store in memory, with a gateway that fails as it is told to and time that skips. */
export interface Room extends BroadcastDeps {
  roomId: string;
  gateway: ScriptedGateway;
  time: SkippingTime;
  errors: string[];
  /** A connection that has not authenticated; returns its id. */
  connect(name: string): Promise<string>;
  /** A connection that is live in the room; returns its id. */
  join(name: string, user?: Partial<User>): Promise<string>;
  hasConnection(connectionId: string): Promise<boolean>;
  /** Whether there is a row, on or off, for the connection in this room or another. */
  hasMembership(connectionId: string, inRoom?: string): Promise<boolean>;
}

let count = 0;

/** A room of its own, over a store of its own, which passes the contract of the real one. */
export function openRoom(): Room {
  count += 1;
  const number = count;
  const roomId = `room-${number}`;
  const time = skippingTime();
  const store = memoryStore({ clock: time.clock, pageSize: 2 });
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
      const user = aUser({ userId: name, ...differences });
      await store.setUser(connectionId, { user, sentAt: START });
      const entry = aRoomEntry({ request: { echo: { roomId } } });
      const connection = await store.setRoom(connectionId, roomId, entry);
      if (connection === undefined) throw new Error(`${name} could not subscribe`);
      await reconcileMembership(store, connection, roomId);
      return connectionId;
    },
    hasConnection: async (connectionId) => (await store.getConnection(connectionId)) !== undefined,
    hasMembership: (connectionId, inRoom = roomId) => store.hasMembershipRow(inRoom, connectionId),
  };
}

/** Gives every test of a file a room of its own. */
export function openRoomBeforeEach(use: (room: Room) => void): void {
  beforeEach(() => use(openRoom()));
}
