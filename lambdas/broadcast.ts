import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../lib/config/environment.ts';
import { broadcast } from '../lib/core/broadcast.ts';
import { broadcastDeps } from '../lib/lambda/broadcast-deps.ts';
import { broadcastMetrics } from '../lib/lambda/broadcast-metrics.ts';
import { clientOptions, invokeOptions } from '../lib/lambda/client-options.ts';
import { counter } from '../lib/lambda/counter.ts';
import { onRoomEvent } from '../lib/lambda/on-room-event.ts';
import { deadLetterQueue } from '../lib/queue/dead-letter-queue.ts';
import { lambdaWorkers } from '../lib/workers/lambda-workers.ts';

const environment = readEnvironment('broadcast');
const metrics = new Metrics();
const deps = {
  ...broadcastDeps(environment),
  handOver: lambdaWorkers(new LambdaClient(invokeOptions), environment.BROADCAST_WORKER),
  postsPerSecond: Number(environment.POSTS_PER_SECOND),
};

export const handler = onRoomEvent({
  broadcast: ({ roomId }, frame) => broadcast(deps, roomId, frame),
  deadLetter: deadLetterQueue(new SQSClient(clientOptions), environment.EVENT_DEAD_LETTER_QUEUE_URL),
  onBroadcast: broadcastMetrics(metrics),
  onBadEvent: counter(metrics, 'BadEvents'),
  clock: deps.clock,
  log: new Logger(),
});
