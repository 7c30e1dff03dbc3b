import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../lib/config/environment.ts';
import { queues } from '../lib/config/queues.ts';
import { type LaneDeps, serveLane } from '../lib/core/lane/serve-lane.ts';
import { broadcastDeps } from '../lib/lambda/broadcast-deps.ts';
import { broadcastMetrics } from '../lib/lambda/broadcast-metrics.ts';
import { invokeOptions, patientClientOptions } from '../lib/lambda/client-options.ts';
import { counter } from '../lib/lambda/counter.ts';
import { createLog, parseTracedRooms } from '../lib/lambda/log.ts';
import { onFlush } from '../lib/lambda/on-flush.ts';
import { onRoomMessages } from '../lib/lambda/on-room-messages.ts';
import { deadLetterOfRoom, deadLetterQueue } from '../lib/queue/dead-letter-queue.ts';
import { retrySoon } from '../lib/queue/retry-soon.ts';
import { roomLanes } from '../lib/queue/room-lanes.ts';
import { lambdaWorkers } from '../lib/workers/lambda-workers.ts';

const environment = readEnvironment('broadcast');
const log = createLog(new Logger(), parseTracedRooms(environment.TRACED_ROOMS));
const metrics = new Metrics();
const sqs = new SQSClient(patientClientOptions);
const deadLetter = deadLetterQueue(sqs, environment.EVENT_DEAD_LETTER_QUEUE_URL);
const deps: LaneDeps = {
  ...broadcastDeps(environment, log),
  handOver: lambdaWorkers(new LambdaClient(invokeOptions), environment.BROADCAST_WORKER),
  postsPerSecond: Number(environment.POSTS_PER_SECOND),
  queueFlush: roomLanes(sqs, environment.ROOM_LANES_QUEUE_URL).queueFlush,
  flushIntervalMs: Number(environment.FLUSH_INTERVAL_MS),
  logTtlMs: Number(environment.RECOVERY_SECONDS) * 1000,
  batchSize: queues['lanes.fifo'].consumer.batchSize,
  onFlush: onFlush(log, broadcastMetrics(metrics)),
  onNotSent: counter(metrics, 'EventsNotSent'),
  deadLetterEvent: deadLetterOfRoom(deadLetter),
};

export const handler = onRoomMessages({
  serveLane: (roomId, messages) => serveLane(deps, roomId, messages),
  retrySoon: retrySoon(sqs, environment.ROOM_LANES_QUEUE_URL),
  deadLetter,
  onBadEvent: counter(metrics, 'BadEvents'),
  log,
});
