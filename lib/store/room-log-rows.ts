import { BatchGetCommand, DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Head, LastValue, LoggedEvent, RoomLog } from '../core/room-log.ts';
import { any, unlessRefused } from './conditional-write.ts';
import type { TableAccess } from './connections.ts';
import { eventKey, headKey, type Key, lastValueKey, lastValuePrefix, logPartition } from './keys.ts';

const absent = 'attribute_not_exists(#pk)';
// DynamoDB deletes expired rows hours late; until then they are here, and count as absent.
const expired = '#ttl <= :nowSeconds';
const headUnchanged = '#epoch = :epoch AND #seq = :seq AND #flushed = :flushed';
const notLater = '#sequenceNumber <= :sequenceNumber';
const sameMessage = '#sequenceNumber = :sequenceNumber';

const MAX_ATTEMPTS = 5;

type Item = Key & Record<string, unknown>;

/** What a room remembers: one item collection, of which a broadcast's Query of members never reads a row. */
export function roomLogRows({ client, tableName: TableName, clock }: TableAccess): RoomLog {
  const nowSeconds = () => Math.floor(clock() / 1000);
  const isAlive = (item: Record<string, unknown>) => Number(item['ttl']) > nowSeconds();

  /** Undefined where the condition does not hold; otherwise with the row that was there. */
  async function put(Item: Key & object, condition: string, values: Record<string, unknown> = {}) {
    const command = new PutCommand({ TableName, Item, ...only(condition, values), ReturnValues: 'ALL_OLD' });
    const written = await unlessRefused(client.send(command));
    return written && { replaced: written.Attributes as Item | undefined };
  }

  async function get<Row>(Key: Key): Promise<Row | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item !== undefined && isAlive(Item) ? (withoutKey(Item as Item) as Row) : undefined;
  }

  /** One call where DynamoDB is not throttled, for at most 100 rows; what it leaves out is asked for again. */
  async function getAll<Row>(keys: readonly Key[]): Promise<Row[]> {
    const rows: Row[] = [];
    let left: Key[] = [...keys];
    for (let attempt = 0; left.length > 0; attempt += 1) {
      if (attempt === MAX_ATTEMPTS) throw new Error('DynamoDB left rows of a BatchGetItem unprocessed');
      const RequestItems = { [TableName]: { Keys: left, ConsistentRead: true } };
      const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems }));
      const found = (Responses?.[TableName] ?? []) as Item[];
      rows.push(...found.filter(isAlive).map((item) => withoutKey(item) as Row));
      left = (UnprocessedKeys?.[TableName]?.Keys ?? []) as Key[];
    }
    return rows;
  }

  async function allLastValues(roomId: string, epoch: string): Promise<LastValue[]> {
    const values: LastValue[] = [];
    let from: Key | undefined;
    do {
      const prefix = { ':prefix': lastValuePrefix(epoch) };
      const page = await query<LastValue>(roomId, 'begins_with(#sk, :prefix)', prefix, from);
      values.push(...page.rows);
      from = page.lastRead;
    } while (from !== undefined);
    return values;
  }

  /** One Query; `lastRead` is where it ended before the end. */
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
    readHead: (roomId) => get<Head>(headKey(roomId)),

    async createHead(roomId, head) {
      const values = { ':nowSeconds': nowSeconds() };
      return (await put({ ...headKey(roomId), ...head }, any(absent, expired), values)) !== undefined;
    },

    async moveHead(roomId, { epoch, seq, flushed }, to) {
      const values = { ':epoch': epoch, ':seq': seq, ':flushed': flushed };
      return (await put({ ...headKey(roomId), ...to }, headUnchanged, values)) !== undefined;
    },

    async putEvent(roomId, epoch, event) {
      const { sequenceNumber } = event;
      const item = { ...eventKey(roomId, epoch, event.seq), ...event };
      const written = await put(item, any(absent, notLater), { ':sequenceNumber': sequenceNumber });
      const before = written?.replaced && (withoutKey(written.replaced) as LoggedEvent);
      return before?.sequenceNumber === sequenceNumber ? undefined : before;
    },

    async readEvents(roomId, epoch, { after, upTo }) {
      // A range must not be empty.
      if (after >= upTo) return { events: [], reached: upTo };
      const [first, last] = [after + 1, upTo].map((seq) => eventKey(roomId, epoch, seq).sk);
      const range = { ':first': first, ':last': last };
      const { rows, lastRead } = await query<LoggedEvent>(roomId, '#sk BETWEEN :first AND :last', range);
      return { events: rows, reached: lastRead === undefined ? upTo : seqOf(lastRead) };
    },

    async putLastValue(roomId, epoch, value) {
      const item = { ...lastValueKey(roomId, epoch, value.key), ...value };
      const { sequenceNumber } = value;
      const values = { ':sequenceNumber': sequenceNumber, ':nowSeconds': nowSeconds() };
      await put(item, any(absent, expired, notLater), values);
    },

    async deleteLastValue(roomId, epoch, { key, sequenceNumber }) {
      const values = { ':sequenceNumber': sequenceNumber };
      const command = new DeleteCommand({
        TableName,
        Key: lastValueKey(roomId, epoch, key),
        ...only(sameMessage, values),
      });
      await unlessRefused(client.send(command));
    },

    readLastValues: (roomId, epoch, keys) =>
      keys === undefined
        ? allLastValues(roomId, epoch)
        : getAll<LastValue>(keys.map((key) => lastValueKey(roomId, epoch, key))),
  };
}

/** A condition in which `#x` names the attribute `x`. */
function only(ConditionExpression: string, values: Record<string, unknown>) {
  const names = new Set(ConditionExpression.match(/#\w+/g));
  return {
    ConditionExpression,
    ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

function withoutKey({ pk, sk, ...row }: Item): object {
  return row;
}

function seqOf({ sk }: Key): number {
  return Number(sk.slice(sk.lastIndexOf('#') + 1));
}
