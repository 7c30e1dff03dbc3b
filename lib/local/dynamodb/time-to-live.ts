import { setImmediate } from 'node:timers/promises';
import type { Table } from '../description.ts';
import type { DynamoDbCall } from './call-in-process.ts';

type Item = Record<string, unknown>;

const PAGE_ITEMS = 100;

/** DynamoDB leaves an item alone that expired longer ago: most likely its number is no date. */
const LONGEST_EXPIRED_SECONDS = 5 * 365 * 24 * 60 * 60;

/**
 * Deletes the items whose time to live has passed, page by page. Resolves also when the table is gone: an
 * application may delete it.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
export async function deleteExpired(call: DynamoDbCall, table: Table, nowSeconds: number): Promise<void> {
  const expired = {
    TableName: table.name,
    ExpressionAttributeNames: { '#timeToLive': table.timeToLiveAttribute },
    ExpressionAttributeValues: {
      ':oldest': { N: String(nowSeconds - LONGEST_EXPIRED_SECONDS) },
      ':now': { N: String(nowSeconds) },
    },
  };
  const isExpired = '#timeToLive BETWEEN :oldest AND :now';
  let start: Item | undefined;
  try {
    do {
      const page = await call('Scan', {
        ...expired,
        FilterExpression: isExpired,
        Limit: PAGE_ITEMS,
        ...(start && { ExclusiveStartKey: start }),
      });
      await Promise.all((page['Items'] as Item[]).map((item) => remove(item)));
      start = page['LastEvaluatedKey'] as Item | undefined;
      // Everything is in memory: without this a large table would hold up the sockets until it is through.
      await setImmediate();
    } while (start);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
  }

  async function remove(item: Item): Promise<void> {
    try {
      // Conditional, because the item may have been given more time since the page was read.
      await call('DeleteItem', { ...expired, Key: keyOf(item, table), ConditionExpression: isExpired });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error;
    }
  }
}

function keyOf(item: Item, { partitionKey, sortKey }: Table): Item {
  return { [partitionKey]: item[partitionKey], [sortKey]: item[sortKey] };
}
