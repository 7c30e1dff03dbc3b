import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Log } from '../core/log-events.ts';
import type { ConnectionDeps } from '../core/ports.ts';
import { managementApiGateway } from '../gateway/management-api-gateway.ts';
import { patientClientOptions } from './client-options.ts';
import { storeDeps } from './store-deps.ts';

/** The real adapters of a function that serves one connection, made once per cold start. */
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
