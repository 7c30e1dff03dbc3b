import type { Statement } from '../local/description.ts';
import { type FunctionName, functions } from './functions.ts';
import { type QueueDescription, type QueueName, queues } from './queues.ts';

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

// Every client message can end its connection: the handler reads and marks the row, sends the error, closes, and deletes the row.
const endConnection = {
  table: ['GetItem', 'UpdateItem', 'DeleteItem'],
  connections: ['POST', 'DELETE'],
} as const;

// These also write memberships, and the cursor of a room that has none.
const reconcileMemberships = {
  ...endConnection,
  table: [...endConnection.table, 'PutItem'],
  sendsTo: [],
} as const;

// Query reads the missed events, or all retained values. BatchGetItem reads the retained values that the missed events changed.
const joinRooms = {
  ...reconcileMemberships,
  table: [...reconcileMemberships.table, 'Query', 'BatchGetItem'],
} as const;

// Query reads the members. The other actions close members with an expired token and remove the rows of members that are gone.
const deliverToRoom = { ...endConnection, table: ['Query', ...endConnection.table] } as const;

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
  unsubscribeRoom: reconcileMemberships,
  ping: { ...endConnection, sendsTo: [] },
  authDeadline: { ...endConnection, sendsTo: [] },
  // Its own refusals, and Lambda's record when it gives up on an event, go to the dead letters.
  ingest: { table: [], connections: [], sendsTo: ['room-events.fifo', 'event-dead-letters'] },
  broadcast: {
    ...deliverToRoom,
    // It also writes the log, the cursor and the retained values.
    table: [...deliverToRoom.table, 'PutItem', 'BatchGetItem'],
    // Its own delivery requests, and messages that it cannot read.
    sendsTo: ['room-events.fifo', 'event-dead-letters'],
    advancesRetriesOf: ['room-events.fifo'],
    invokes: ['broadcastWorker'],
  },
  broadcastWorker: { ...deliverToRoom, sendsTo: [] },
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

/** What the resources of a stack are called in IAM, in AWS or locally. */
export interface StackArns {
  table: string;
  queue(name: QueueName): string;
  lambda(name: FunctionName): string;
  /** Every connection of this stage and of no other. */
  connections(method: ConnectionsMethod): string;
  /** Where the token mode has one. */
  jwtSecret: string | undefined;
  /** By which the canary gets its token: its own or the JWT secret. */
  canarySecret: string | undefined;
  eventBus: string;
}

/** With copies, for CDK, whose lists are not read-only. */
interface AllowStatement extends Statement {
  actions: string[];
  resources: string[];
}

/** Lambda polls in the function's role. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions */
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/**
 * Secrets Manager adds a hyphen and six characters to the name of a secret. Question marks match exactly these; with an
 * asterisk, `jwt` would give access to `jwt-of-another` too.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/permissions_grant-limited-resources.html
 */
export const SECRET_SUFFIX = '-??????';

/**
 * The IAM statements of every function's role, next to writing its own log: what `permissions.ts` says, on exactly the
 * resources it is about, and polling the queues that the function consumes.
 */
export function roleStatements(arns: StackArns): Record<FunctionName, AllowStatement[]> {
  const names = Object.keys(functions) as FunctionName[];
  return Object.fromEntries(names.map((name) => [name, statementsOf(name, arns)])) as Record<
    FunctionName,
    AllowStatement[]
  >;
}

function statementsOf(name: FunctionName, arns: StackArns): AllowStatement[] {
  const granted: FunctionPermissions = permissions[name];
  const queueArns = (queueNames: readonly QueueName[] = []) => queueNames.map(arns.queue);
  const secrets = [
    granted.readsJwtSecret && arns.jwtSecret,
    granted.readsCanarySecret && arns.canarySecret,
  ].filter((arn) => arn !== undefined);
  return [
    ...allow(
      granted.table.map((action) => `dynamodb:${action}`),
      [arns.table],
    ),
    ...allow(['execute-api:ManageConnections'], granted.connections.map(arns.connections)),
    ...allow(['sqs:SendMessage'], queueArns(granted.sendsTo)),
    ...allow(['sqs:ChangeMessageVisibility'], queueArns(granted.advancesRetriesOf)),
    ...allow(POLLING, queueArns(consumedBy(name))),
    ...allow(['secretsmanager:GetSecretValue'], secrets),
    ...allow(['events:PutEvents'], granted.publishes ? [arns.eventBus] : []),
    ...allow(['lambda:InvokeFunction'], (granted.invokes ?? []).map(arns.lambda)),
  ];
}

function consumedBy(name: FunctionName): QueueName[] {
  const described = Object.entries(queues) as [QueueName, QueueDescription][];
  return described.filter(([, { consumer }]) => consumer?.function === name).map(([queue]) => queue);
}

function allow(actions: string[], resources: string[]): AllowStatement[] {
  return actions.length === 0 || resources.length === 0 ? [] : [{ actions, resources }];
}
