import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock, Store } from '../core/ports.ts';
import { connectionRows } from './connection-rows.ts';
import { membershipRows } from './membership-rows.ts';
import { roomLogRows } from './room-log-rows.ts';

interface DynamoDbStoreOptions {
  client: DynamoDBClient;
  tableName: string;
  clock: Clock;
  /** Rows that one Query of a room's members evaluates at most. */
  pageSize?: number;
}

/** The store in one DynamoDB table. */
export function dynamoDbStore({ client, tableName, clock, pageSize }: DynamoDbStoreOptions): Store {
  const access = { client: DynamoDBDocumentClient.from(client), tableName, clock };
  return { ...connectionRows(access), ...membershipRows(access, pageSize), ...roomLogRows(access) };
}
