import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ConnectionDeps } from '../core/ports.ts';
import { dynamoDbStore } from '../store/dynamodb-store.ts';

/** The real adapters of a function, all but the gateway. */
export function storeDeps(
  client: DynamoDBClient,
  tableName: string,
): Omit<ConnectionDeps, 'gateway' | 'log'> {
  const clock = Date.now;
  return {
    store: dynamoDbStore({ client, tableName, clock }),
    clock,
    sleep: async (milliseconds) => sleep(milliseconds),
    random: Math.random,
  };
}
