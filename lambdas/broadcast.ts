import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../lib/config/functions.ts';
import { queues } from '../lib/config/queues.ts';
import { consumeRoom, type StreamDeps } from '../lib/core/stream/consume-room.ts';
import { broadcastDeps } from '../lib/lambda/adapters.ts';
import { invokeOptions, patientClientOptions } from '../lib/lambda/client-options.ts';
import { createLog, parseTracedRooms } from '../lib/lambda/log.ts';
import { broadcastMetrics, counter, onDelivered } from '../lib/lambda/metrics.ts';
import { onRoomMessages } from '../lib/lambda/on-room-messages.ts';
import { deadLetterOfRoom, deadLetterQueue, retrySoon } from '../lib/queue/queues.ts';
import { roomStreams } from '../lib/queue/room-streams.ts';
import { lambdaWorkers } from '../lib/workers/lambda-workers.ts';

const environment = readEnvironment('broadcast');
const log = createLog(new Logger(), parseTracedRooms(environment.TRACED_ROOMS));
const metrics = new Metrics();
const sqs = new SQSClient(patientClientOptions);
const deadLetter = deadLetterQueue(sqs, environment.EVENT_DEAD_LETTER_QUEUE_URL);
const deps: StreamDeps = {
  ...broadcastDeps(environment, log),
  invokeWorker: lambdaWorkers(new LambdaClient(invokeOptions), environment.BROADCAST_WORKER),
  postsPerSecond: Number(environment.POSTS_PER_SECOND),
  requestDelivery: roomStreams(sqs, environment.ROOM_EVENTS_QUEUE_URL).requestDelivery,
  deliveryIntervalMs: Number(environment.DELIVERY_INTERVAL_MS),
  logTtlMs: Number(environment.RECOVERY_SECONDS) * 1000,
  batchSize: queues['room-events.fifo'].consumer.batchSize,
  onDelivered: onDelivered(log, broadcastMetrics(metrics)),
  onNotSent: counter(metrics, 'EventsNotSent'),
  deadLetterEvent: deadLetterOfRoom(deadLetter),
};

export const handler = onRoomMessages({
  consumeRoom: (roomId, messages) => consumeRoom(deps, roomId, messages),
  retrySoon: retrySoon(sqs, environment.ROOM_EVENTS_QUEUE_URL),
  deadLetter,
  onBadEvent: counter(metrics, 'BadEvents'),
  log,
});
