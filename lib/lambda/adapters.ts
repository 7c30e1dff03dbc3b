import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type BroadcastSliceDeps, postingProcess } from '../core/broadcast/broadcast-slice.ts';
import { MAX_CALLS_IN_FLIGHT } from '../core/broadcast/post-scheduler.ts';
import type { Log } from '../core/log.ts';
import type { ConnectionDeps } from '../core/ports.ts';
import { managementApiGateway } from '../gateway/management-api-gateway.ts';
import { signedGateway } from '../gateway/signed-gateway.ts';
import { dynamoDbStore } from '../store/dynamodb-store.ts';
import { clientOptions, patientClientOptions } from './client-options.ts';

/** The AWS adapters of a function, without gateway and log. */
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

/** The AWS adapters of a function that handles messages of one connection. Made once per cold start. */
export function connectionDeps(
  environment: { TABLE_NAME: string; CALLBACK_URL: string },
  log: Log,
): ConnectionDeps {
  const store = storeDeps(new DynamoDBClient(patientClientOptions), environment.TABLE_NAME);
  return {
    ...store,
    log,
    gateway: managementApiGateway({ endpoint: environment.CALLBACK_URL, clock: store.clock }),
  };
}

/** The AWS adapters of a function that posts to rooms. Made once per cold start. */
export function broadcastDeps(
  environment: { TABLE_NAME: string; CALLBACK_URL: string },
  log: Log,
): BroadcastSliceDeps {
  const client = new DynamoDBClient(clientOptions);
  const store = storeDeps(client, environment.TABLE_NAME);
  // The same credentials and region as the SDK's own clients use.
  const { credentials, region } = client.config;
  return {
    ...store,
    ...postingProcess(store),
    gateway: signedGateway({
      endpoint: environment.CALLBACK_URL,
      credentials,
      region,
      clock: store.clock,
      maxSockets: MAX_CALLS_IN_FLIGHT,
    }),
    log,
  };
}
