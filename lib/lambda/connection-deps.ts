import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ConnectionDeps } from '../core/ports.ts';
import { managementApiGateway } from '../gateway/management-api-gateway.ts';
import { dynamoDbStore } from '../store/dynamodb-store.ts';
import { clientOptions } from './client-options.ts';

/** The real adapters of a function, made once per cold start. */
export function connectionDeps(environment: { TABLE_NAME: string; CALLBACK_URL: string }): ConnectionDeps {
  const clock = Date.now;
  return {
    store: dynamoDbStore({
      client: new DynamoDBClient(clientOptions),
      tableName: environment.TABLE_NAME,
      clock,
    }),
    gateway: managementApiGateway({ endpoint: environment.CALLBACK_URL }),
    clock,
    sleep: async (milliseconds) => sleep(milliseconds),
    random: Math.random,
  };
}
