import type { FunctionName } from './functions.ts';
import type { QueueName } from './queues.ts';

/** Actions on the one table, without `dynamodb:`. */
export type TableAction = 'GetItem' | 'BatchGetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query';

/**
 * Actions on the table's own key, where a setting gives one, without `kms:`. DynamoDB calls KMS as the function that reads
 * or writes. Those of AWS's example policy for users of such a table, without its wildcards and without CreateGrant,
 * which only the one needs who creates the table.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
export const TABLE_KEY_ACTIONS = [
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
] as const;

/** Methods of `@connections`: POST sends a frame, DELETE closes. */
export type ConnectionsMethod = 'POST' | 'DELETE';

export interface FunctionPermissions {
  table: readonly TableAction[];
  connections: readonly ConnectionsMethod[];
  /** Queues that it sends to. Receiving follows from the queue's consumer. */
  sendsTo: readonly QueueName[];
  /** Queues whose messages it may make visible earlier (ChangeMessageVisibility). */
  advancesRetriesOf?: readonly QueueName[];
  /** Functions that it invokes itself. */
  invokes?: readonly FunctionName[];
  /** May read the JWT secret, where the token mode has one. */
  readsJwtSecret?: true;
  /** May read the secret that the canary's token source names, where it names one. */
  readsCanarySecret?: true;
  /** May put events on the bus. */
  publishes?: true;
}

// Any client message may find out that its connection must end: it reads the row, marks it, tells, closes, deletes.
const endConnection = {
  table: ['GetItem', 'UpdateItem', 'DeleteItem'],
  connections: ['POST', 'DELETE'],
} as const;

// Besides, these settle rooms: memberships are put, and a room's head where it has none.
const settleRooms = { ...endConnection, table: [...endConnection.table, 'PutItem'], sendsTo: [] } as const;

// The Query finds the events that were missed, or all last values; the BatchGetItem those that the missed events changed.
const joinRooms = { ...settleRooms, table: [...settleRooms.table, 'Query', 'BatchGetItem'] } as const;

// The Query finds the members; the others close those whose token has expired and remove those who are gone.
const serveRoom = { ...endConnection, table: ['Query', ...endConnection.table] } as const;

/** All that a function may do in AWS, next to writing its own log. A handler that needs more must say so here. */
export const permissions = {
  connect: {
    // Creates the row; deletes it again when the deadline could not be set.
    table: ['PutItem', 'DeleteItem'],
    // Refuses a client that names `$connect` as its message's type.
    connections: ['POST'],
    sendsTo: ['auth-deadline'],
  },
  disconnect: { table: ['DeleteItem'], connections: ['POST'], sendsTo: [] },
  // Its answer is the route's response.
  default: { table: [], connections: [], sendsTo: [] },
  auth: { ...joinRooms, readsJwtSecret: true },
  subscribeRoom: joinRooms,
  unsubscribeRoom: settleRooms,
  ping: { ...endConnection, sendsTo: [] },
  authDeadline: { ...endConnection, sendsTo: [] },
  // Its own refusals, and Lambda's record when it gives up on an event, go to the dead letters.
  intake: { table: [], connections: [], sendsTo: ['lanes.fifo', 'event-dead-letters'] },
  broadcast: {
    ...serveRoom,
    // Logs what it sends, too.
    table: [...serveRoom.table, 'PutItem', 'BatchGetItem'],
    // Flushes of its own, and messages that are none.
    sendsTo: ['lanes.fifo', 'event-dead-letters'],
    advancesRetriesOf: ['lanes.fifo'],
    invokes: ['broadcastWorker'],
  },
  broadcastWorker: { ...serveRoom, sendsTo: [] },
  canary: {
    // Without a token it looks for its event in the log of its room.
    table: ['GetItem', 'Query'],
    connections: [],
    // Lambda's record of a run that crashed or took too long.
    sendsTo: ['canary-dead-letters'],
    readsCanarySecret: true,
    publishes: true,
  },
} as const satisfies Record<FunctionName, FunctionPermissions>;
