import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../lib/config/environment.ts';
import { broadcast } from '../lib/core/broadcast.ts';
import { broadcastMetrics } from '../lib/lambda/broadcast-metrics.ts';
import { clientOptions } from '../lib/lambda/client-options.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { counter } from '../lib/lambda/counter.ts';
import { asError } from '../lib/lambda/log.ts';
import { onRoomEvent } from '../lib/lambda/on-room-event.ts';
import { deadLetterQueue } from '../lib/queue/dead-letter-queue.ts';

const environment = readEnvironment('broadcast');
const log = new Logger();
const metrics = new Metrics();
const deps = connectionDeps(environment);
const onError = (message: string, error: unknown) => log.error(message, asError(error));

export const handler = onRoomEvent({
  broadcast: ({ roomId }, frame) => broadcast({ ...deps, onError }, roomId, frame),
  deadLetter: deadLetterQueue(new SQSClient(clientOptions), environment.EVENT_DEAD_LETTER_QUEUE_URL),
  onBroadcast: broadcastMetrics(metrics, deps.clock),
  onBadEvent: counter(metrics, 'BadEvents'),
  log,
});
