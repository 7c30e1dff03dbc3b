import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type BroadcastPartDeps, postingProcess } from '../core/broadcast-part.ts';
import type { Log } from '../core/log-events.ts';
import { MAX_CALLS_UNDER_WAY } from '../core/post-slots.ts';
import { signedGateway } from '../gateway/signed-gateway.ts';
import { clientOptions } from './client-options.ts';
import { storeDeps } from './store-deps.ts';

/** The real adapters of a function that posts to rooms, made once per cold start. */
export function broadcastDeps(
  environment: { TABLE_NAME: string; CALLBACK_URL: string },
  log: Log,
): BroadcastPartDeps {
  const client = new DynamoDBClient(clientOptions);
  const store = storeDeps(client, environment.TABLE_NAME);
  // Credentials and region as the SDK finds them for its own clients.
  const { credentials, region } = client.config;
  return {
    ...store,
    ...postingProcess(store),
    gateway: signedGateway({
      endpoint: environment.CALLBACK_URL,
      credentials,
      region,
      clock: store.clock,
      maxSockets: MAX_CALLS_UNDER_WAY,
    }),
    log,
  };
}
