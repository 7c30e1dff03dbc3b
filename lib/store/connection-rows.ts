import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Connection, RoomEntry, User } from '../core/connection/connection.ts';
import { MAX_REMEMBERED_ROOMS } from '../core/connection/refusal.ts';
import type { Clock, Store } from '../core/ports.ts';
import type { ClosingCode } from '../protocol/error-codes.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../protocol/limits.ts';
import {
  absentOrOwn,
  type ConnectionChange,
  changeCommand,
  exists,
  mayAuthenticate,
  mayClose,
  mayTurnOff,
  mayTurnOn,
  unchangedSinceRead,
  unlessRefused,
} from './connection-writes.ts';
import { connectionKey, type Key } from './keys.ts';

export interface TableAccess {
  client: DynamoDBDocumentClient;
  tableName: string;
  clock: Clock;
}

type Connections = Pick<
  Store,
  | 'createConnection'
  | 'getConnection'
  | 'setUser'
  | 'setRoom'
  | 'refuseRoom'
  | 'pruneRooms'
  | 'markClosing'
  | 'deleteConnection'
>;

/** The rows that `$connect` creates and client messages change. */
export function connectionRows({ client, tableName: TableName, clock }: TableAccess): Connections {
  const nowSeconds = () => Math.floor(clock() / 1000);

  async function change(connectionId: string, connectionChange: ConnectionChange) {
    const key = { TableName, Key: connectionKey(connectionId) };
    const written = await unlessRefused(client.send(changeCommand(key, connectionChange, clock())));
    return written && connectionOf(written.Attributes as ConnectionItem);
  }

  return {
    async createConnection({ connectionId, connectedAt, ttl }) {
      const item: ConnectionItem = {
        ...connectionKey(connectionId),
        connectionId,
        connectedAt,
        ttl,
        version: 0,
        rooms: {},
      };
      const command = new PutCommand({
        TableName,
        Item: item,
        ConditionExpression: absentOrOwn,
        ExpressionAttributeNames: { '#pk': 'pk', '#connectedAt': 'connectedAt' },
        ExpressionAttributeValues: { ':connectedAt': connectedAt },
      });
      await client.send(command);
    },

    async getConnection(connectionId) {
      const command = new GetCommand({ TableName, Key: connectionKey(connectionId), ConsistentRead: true });
      const { Item: item } = await client.send(command);
      if (item === undefined || item['ttl'] <= nowSeconds()) return undefined;
      return connectionOf(item as ConnectionItem);
    },

    setUser: (connectionId, { user, sentAt }) =>
      change(connectionId, {
        update:
          'SET #userId = :userId, #tokenExpiresAt = :tokenExpiresAt, #allowedRooms = :allowedRooms, #authSentAt = :sentAt, #version = #version + :one',
        condition: mayAuthenticate,
        values: {
          ':userId': user.userId,
          ':tokenExpiresAt': user.tokenExpiresAt,
          ':allowedRooms': user.allowedRooms,
          ':sentAt': sentAt,
        },
      }),

    setRoom: (connectionId, roomId, entry) =>
      change(connectionId, {
        update: `SET #rooms.#room = :entry, #version = #version + :one ${entry.on ? 'ADD' : 'DELETE'} #subscribed :roomSet`,
        condition: entry.on ? mayTurnOn : mayTurnOff,
        names: { '#room': roomAttribute(roomId) },
        values: {
          ':entry': roomItem(entry),
          ':sentAt': entry.sentAt,
          ':roomId': roomId,
          ':roomSet': new Set([roomId]),
          ':false': false,
          ':maxRooms': MAX_ROOMS_PER_CONNECTION,
          ':maxRemembered': MAX_REMEMBERED_ROOMS,
        },
      }),

    refuseRoom: ({ connectionId, version }, roomId) =>
      change(connectionId, {
        update:
          'SET #rooms.#room.#on = :false, #rooms.#room.#refused = :true, #version = #version + :one DELETE #subscribed :roomSet',
        condition: unchangedSinceRead,
        names: { '#room': roomAttribute(roomId) },
        values: { ':false': false, ':true': true, ':roomSet': new Set([roomId]), ':version': version },
      }),

    pruneRooms: (connection, roomIds) => change(connection.connectionId, forget(connection, roomIds)),

    markClosing: (connectionId, code, guard) =>
      change(connectionId, {
        update: 'SET #closing = :closing, #version = #version + :one',
        condition: mayClose[guard],
        values: { ':closing': code },
      }),

    async deleteConnection(connectionId) {
      const command = new DeleteCommand({
        TableName,
        Key: connectionKey(connectionId),
        ConditionExpression: exists,
        ExpressionAttributeNames: { '#pk': 'pk' },
        ReturnValues: 'ALL_OLD',
      });
      const deleted = await unlessRefused(client.send(command));
      return deleted && connectionOf(deleted.Attributes as ConnectionItem);
    },
  };
}

function forget({ version }: Connection, roomIds: readonly string[]): ConnectionChange {
  const placeholders = roomIds.map((_, index) => `#room${index}`);
  return {
    update: `SET #version = #version + :one REMOVE ${placeholders.map((room) => `#rooms.${room}`).join(', ')}`,
    condition: unchangedSinceRead,
    names: Object.fromEntries(roomIds.map((roomId, index) => [`#room${index}`, roomAttribute(roomId)])),
    values: { ':version': version },
  };
}

/** A connection as a DynamoDB item. Items of the previous release must stay readable: add attributes, never change one. */
interface ConnectionItem extends Key {
  connectionId: string;
  version: number;
  connectedAt: number;
  ttl: number;
  userId?: string;
  tokenExpiresAt?: number;
  allowedRooms?: User['allowedRooms'];
  authSentAt?: number;
  closing?: ClosingCode;
  rooms: Record<string, RoomItem>;
  /** The rooms that are on. A set, because a condition can count a set, but not the entries of a map that are on. */
  subscribed?: Set<string>;
}

interface RoomItem {
  on: boolean;
  refused?: true;
  sentAt: number;
  /** JSON. DynamoDB strings cannot hold everything that a request id may, such as half a surrogate pair. */
  request: string;
}

/** The attribute of a room. Prefixed, because a room may be called `__proto__` or `constructor`. */
export function roomAttribute(roomId: string): string {
  return `ROOM#${roomId}`;
}

export function roomItem({ on, sentAt, request }: RoomEntry): RoomItem {
  return { on, sentAt, request: JSON.stringify(request) };
}

export function connectionOf(item: ConnectionItem): Connection {
  const { connectionId, version, ttl, userId, tokenExpiresAt, allowedRooms, authSentAt, closing } = item;
  const rooms = new Map(
    Object.entries(item.rooms).map(([attribute, { on, refused, sentAt, request }]): [string, RoomEntry] => [
      attribute.slice(roomAttribute('').length),
      { on, sentAt, request: JSON.parse(request), ...(refused && { refused }) },
    ]),
  );
  const user =
    userId === undefined || tokenExpiresAt === undefined
      ? undefined
      : { userId, tokenExpiresAt, allowedRooms: allowedRooms ?? [] };
  return {
    connectionId,
    version,
    ttl,
    rooms,
    ...(user !== undefined && { user }),
    ...(authSentAt !== undefined && { authSentAt }),
    ...(closing !== undefined && { closing }),
  };
}
