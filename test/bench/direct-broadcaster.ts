import { Logger } from '@aws-lambda-powertools/logger';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { readEnvironment } from '../../lib/config/functions.ts';
import { waitingCalls } from '../../lib/core/broadcast/post-scheduler.ts';
import { broadcastDeps } from '../../lib/lambda/adapters.ts';
import { invokeOptions } from '../../lib/lambda/client-options.ts';
import { createLog } from '../../lib/lambda/log.ts';
import type { EventBridgeEvent } from '../../lib/lambda/on-room-event.ts';
import { lambdaWorkers } from '../../lib/workers/lambda-workers.ts';
import { directBroadcast } from './direct-broadcast.ts';

/** As a function with a reserved concurrency: all at once, on one core, would only time out. */
const EVENTS_AT_ONCE = 4;

const environment = readEnvironment('broadcast');
const deps = {
  ...broadcastDeps(environment, createLog(new Logger())),
  invokeWorker: lambdaWorkers(new LambdaClient(invokeOptions), environment.BROADCAST_WORKER),
  postsPerSecond: Number(environment.POSTS_PER_SECOND),
};
const waiting = waitingCalls<void>();
let inHand = 0;

export async function handler(event: EventBridgeEvent): Promise<void> {
  if (inHand === EVENTS_AT_ONCE) await waiting.add(false);
  else inHand += 1;
  try {
    await directBroadcast(deps, event);
  } finally {
    // Whoever waits takes the place.
    if (waiting.hasAny()) waiting.release();
    else inHand -= 1;
  }
}
