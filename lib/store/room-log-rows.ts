import { randomUUID } from 'node:crypto';
import { BatchGetCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Cursor, LoggedEvent, RetainedValue, RoomLog } from '../core/room-log.ts';
import type { TableAccess } from './connection-rows.ts';
import { either, unlessRefused } from './connection-writes.ts';
import {
  cursorKey,
  eventKey,
  type Key,
  logPartition,
  retainedValueKey,
  retainedValuePrefix,
} from './keys.ts';

const absent = 'attribute_not_exists(#pk)';
// DynamoDB may delete expired rows hours late. Until then they count as absent.
const expired = '#ttl <= :nowSeconds';
// The SDK retries a write whose answer was lost. `move` identifies the write, so its retry is accepted.
const cursorUnchanged = '#epoch = :epoch AND #seq = :seq AND #deliveredSeq = :deliveredSeq OR #move = :move';
const notLater = '#sequenceNumber <= :sequenceNumber';

const MAX_ATTEMPTS = 5;

type Item = Key & Record<string, unknown>;

/** The log of a room: one item collection, separate from the members. */
export function roomLogRows({ client, tableName: TableName, clock }: TableAccess): RoomLog {
  const nowSeconds = () => Math.floor(clock() / 1000);
  const isAlive = (item: Record<string, unknown>) => Number(item['ttl']) > nowSeconds();

  /** Writes an item if the condition holds, and returns whether it held. `#x` in the condition is the attribute `x`. */
  async function put(
    Item: Key & object,
    ConditionExpression: string,
    values: Record<string, unknown>,
  ): Promise<boolean> {
    const names = new Set(ConditionExpression.match(/#\w+/g));
    const command = new PutCommand({
      TableName,
      Item,
      ConditionExpression,
      ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])),
      ExpressionAttributeValues: values,
    });
    return (await unlessRefused(client.send(command))) !== undefined;
  }

  async function get<Row>(Key: Key): Promise<Row | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item !== undefined && isAlive(Item) ? (withoutKey(Item as Item) as Row) : undefined;
  }

  /** Reads at most `MAX_STATES_A_READ` rows. One call if DynamoDB does not throttle; rows that it leaves unprocessed are read again. */
  async function getAll<Row>(keys: readonly Key[]): Promise<Row[]> {
    const rows: Row[] = [];
    let left: Key[] = [...keys];
    for (let attempt = 0; left.length > 0; attempt += 1) {
      if (attempt === MAX_ATTEMPTS)
        throw new Error(`expected BatchGetItem to read all rows in ${MAX_ATTEMPTS} calls, but rows are left`);
      const RequestItems = { [TableName]: { Keys: left, ConsistentRead: true } };
      const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems }));
      const found = (Responses?.[TableName] ?? []) as Item[];
      rows.push(...found.filter(isAlive).map((item) => withoutKey(item) as Row));
      left = (UnprocessedKeys?.[TableName]?.Keys ?? []) as Key[];
    }
    return rows;
  }

  /** One Query of the log. `lastRead` is the last key that was read, undefined at the end of the range. */
  async function query<Row>(roomId: string, condition: string, values: Record<string, unknown>, from?: Key) {
    const command = new QueryCommand({
      TableName,
      KeyConditionExpression: `#pk = :pk AND ${condition}`,
      FilterExpression: '#ttl > :nowSeconds',
      ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk', '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':pk': logPartition(roomId), ':nowSeconds': nowSeconds(), ...values },
      ConsistentRead: true,
      ...(from !== undefined && { ExclusiveStartKey: from }),
    });
    const { Items = [], LastEvaluatedKey: lastRead } = await client.send(command);
    return {
      rows: Items.map((item) => withoutKey(item as Item) as Row),
      lastRead: lastRead as Key | undefined,
    };
  }

  return {
    async readCursor(roomId) {
      const row = await get<Cursor & { move?: string }>(cursorKey(roomId));
      if (row === undefined) return undefined;
      const { move, ...cursor } = row;
      return cursor;
    },

    createCursor: (roomId, cursor) =>
      put({ ...cursorKey(roomId), ...cursor }, either(absent, expired), { ':nowSeconds': nowSeconds() }),

    advanceCursor(roomId, { epoch, seq, deliveredSeq }, to) {
      const move = randomUUID();
      const values = { ':epoch': epoch, ':seq': seq, ':deliveredSeq': deliveredSeq, ':move': move };
      const item = { ...cursorKey(roomId), ...to, move };
      return put(item, cursorUnchanged, values);
    },

    putEvent(roomId, epoch, event) {
      const item = { ...eventKey(roomId, epoch, event.seq), ...event };
      return put(item, either(absent, notLater), { ':sequenceNumber': event.sequenceNumber });
    },

    async readEvents(roomId, epoch, { after, upTo }) {
      // DynamoDB refuses an empty range.
      if (after >= upTo) return { events: [], reached: upTo };
      const [first, last] = [after + 1, upTo].map((seq) => eventKey(roomId, epoch, seq).sk);
      const range = { ':first': first, ':last': last };
      const { rows, lastRead } = await query<LoggedEvent>(roomId, '#sk BETWEEN :first AND :last', range);
      return { events: rows, reached: lastRead === undefined ? upTo : seqOf(lastRead) };
    },

    async putRetainedValue(roomId, epoch, value) {
      const item = { ...retainedValueKey(roomId, epoch, value.key), ...value };
      const values = { ':sequenceNumber': value.sequenceNumber, ':nowSeconds': nowSeconds() };
      await put(item, either(absent, expired, notLater), values);
    },

    readRetainedValues(roomId, epoch, keys) {
      // Duplicates are removed by row and not by state: BatchGetItem refuses a call that names a row twice.
      // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
      const rows = keys.map((key) => retainedValueKey(roomId, epoch, key));
      return getAll<RetainedValue>([...new Map(rows.map((row) => [row.sk, row])).values()]);
    },

    async readAllRetainedValues(roomId, epoch, from) {
      const prefix = { ':prefix': retainedValuePrefix(epoch) };
      const after = from === undefined ? undefined : { pk: logPartition(roomId), sk: from };
      const page = await query<RetainedValue>(roomId, 'begins_with(#sk, :prefix)', prefix, after);
      return { values: page.rows, next: page.lastRead?.sk };
    },
  };
}

function withoutKey({ pk, sk, ...row }: Item): object {
  return row;
}

function seqOf({ sk }: Key): number {
  return Number(sk.slice(sk.lastIndexOf('#') + 1));
}
