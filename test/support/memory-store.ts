import type { Connection, RoomEntry } from '../../lib/core/connection/connection.ts';
import { MAX_REMEMBERED_ROOMS } from '../../lib/core/connection/refusal.ts';
import type { ClosingGuard, Store } from '../../lib/core/ports.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../lib/protocol/limits.ts';
import { type MemberRows, memberRows } from './memory-members.ts';
import { memoryRoomLog } from './memory-room-log.ts';

type Row = Connection & { connectedAt: number };

export interface MemoryStoreOptions {
  clock: () => number;
  /** Rows that one page of members evaluates at most. */
  pageSize?: number;
  /** Events that one read of a log evaluates at most. */
  logPageSize?: number;
}

/** The store in memory: what the contract says, without a database. Rows are never changed, only replaced. */
export function memoryStore({
  clock,
  pageSize = 1_500,
  logPageSize,
}: MemoryStoreOptions): Store & MemberRows {
  const rows = new Map<string, Row>();
  const isAlive = (row: Row | undefined): row is Row =>
    row !== undefined && row.ttl > Math.floor(clock() / 1000);
  const isOpen = (row: Row | undefined): row is Row =>
    isAlive(row) &&
    row.closing === undefined &&
    (row.user === undefined || row.user.tokenExpiresAt > clock());

  function change(row: Row, changed: Partial<Row>): Connection {
    const next = { ...row, ...changed, version: row.version + 1 };
    rows.set(row.connectionId, next);
    return connectionOf(next);
  }

  return {
    ...memberRows(clock, pageSize),
    ...memoryRoomLog(clock, logPageSize),

    async createConnection({ connectionId, connectedAt, ttl }) {
      const row = rows.get(connectionId);
      if (row !== undefined && row.connectedAt !== connectedAt) throw new Error('there is one already');
      rows.set(connectionId, { connectionId, connectedAt, ttl, version: 0, rooms: new Map() });
    },

    async getConnection(connectionId) {
      const row = rows.get(connectionId);
      return isAlive(row) ? connectionOf(row) : undefined;
    },

    async setUser(connectionId, { user, sentAt }) {
      const row = rows.get(connectionId);
      if (!isOpen(row) || (row.user !== undefined && row.user.userId !== user.userId)) return undefined;
      if (row.authSentAt !== undefined && row.authSentAt > sentAt) return undefined;
      return change(row, { user, authSentAt: sentAt });
    },

    async setRoom(connectionId, roomId, entry) {
      const row = rows.get(connectionId);
      if (!isOpen(row) || !mayChange(row.rooms, roomId, entry)) return undefined;
      return change(row, { rooms: new Map(row.rooms).set(roomId, entry) });
    },

    async refuseRoom({ connectionId, version }, roomId) {
      const row = rows.get(connectionId);
      const entry = row?.rooms.get(roomId);
      if (row?.version !== version || entry === undefined) return undefined;
      return change(row, { rooms: new Map(row.rooms).set(roomId, { ...entry, on: false, refused: true }) });
    },

    async pruneRooms({ connectionId, version }, roomIds) {
      const row = rows.get(connectionId);
      if (row?.version !== version) return undefined;
      return change(row, { rooms: new Map([...row.rooms].filter(([roomId]) => !roomIds.includes(roomId))) });
    },

    async markClosing(connectionId, code, guard) {
      const row = rows.get(connectionId);
      if (!isAlive(row) || row.closing !== undefined || !guardHolds(row, guard, clock())) return undefined;
      return change(row, { closing: code });
    },

    async deleteConnection(connectionId) {
      const row = rows.get(connectionId);
      rows.delete(connectionId);
      return row && connectionOf(row);
    },
  };
}

function connectionOf({ connectedAt, ...connection }: Row): Connection {
  return connection;
}

function guardHolds({ user }: Row, guard: ClosingGuard, now: number): boolean {
  if (guard === 'always') return true;
  return guard === 'if_unauthenticated'
    ? user === undefined
    : user !== undefined && user.tokenExpiresAt <= now;
}

function mayChange(rooms: Row['rooms'], roomId: string, { on, sentAt }: RoomEntry): boolean {
  const known = rooms.get(roomId);
  if (known === undefined && rooms.size >= MAX_REMEMBERED_ROOMS) return false;
  const subscribed = [...rooms.values()].filter((room) => room.on).length;
  if (on && known?.on !== true && subscribed >= MAX_ROOMS_PER_CONNECTION) return false;
  if (known === undefined || known.sentAt < sentAt) return true;
  return known.sentAt === sentAt && (on || !known.on);
}
