import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { postsPerSecond } from '../../lib/config/read-settings.ts';
import type { BroadcastDeps } from '../../lib/core/broadcast/broadcast.ts';
import { postingProcess } from '../../lib/core/broadcast/broadcast-slice.ts';
import { MAX_CALLS_IN_FLIGHT } from '../../lib/core/broadcast/post-scheduler.ts';
import { signedGateway } from '../../lib/gateway/signed-gateway.ts';
import { storeDeps } from '../../lib/lambda/adapters.ts';
import { failOnError } from '../support/handlers.ts';
import { benchIdentity } from './bench-identity.ts';
import { type BenchTable, startBenchTable } from './bench-table.ts';
import { type StubApiGateway, startStubApiGateway } from './stub-api-gateway.ts';

export interface BenchBroadcaster extends Pick<BenchTable, 'readUnits'> {
  deps: BroadcastDeps;
  stub: StubApiGateway;
  close(): Promise<void>;
}

/**
 * A broadcast's function with its real adapters, all of a room its own part. The table and API Gateway are processes of
 * their own.
 */
export async function startBenchBroadcaster(options: { timeoutMs?: number } = {}): Promise<BenchBroadcaster> {
  const [table, stub] = await Promise.all([startBenchTable(), startStubApiGateway()]);
  const store = storeDeps(table.client, LOCAL_NAME);
  const { endpoint } = stub;
  const gateway = signedGateway({
    ...benchIdentity,
    ...options,
    endpoint,
    clock: store.clock,
    maxSockets: MAX_CALLS_IN_FLIGHT,
  });
  return {
    deps: {
      ...store,
      ...postingProcess(store),
      gateway,
      postsPerSecond: postsPerSecond(),
      membersPerSlice: Number.POSITIVE_INFINITY,
      invokeWorker: async () => ({ outcome: 'not_run', error: new Error('There is one function') }),
      log: failOnError,
    },
    stub,
    readUnits: table.readUnits,
    async close() {
      await Promise.all([table.close(), stub.close()]);
    },
  };
}
