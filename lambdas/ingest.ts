import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../lib/config/functions.ts';
import { patientClientOptions } from '../lib/lambda/client-options.ts';
import { createLog, parseTracedRooms } from '../lib/lambda/log.ts';
import { counter } from '../lib/lambda/metrics.ts';
import { onRoomEvent } from '../lib/lambda/on-room-event.ts';
import { deadLetterQueue } from '../lib/queue/queues.ts';
import { roomStreams } from '../lib/queue/room-streams.ts';

const environment = readEnvironment('ingest');
const sqs = new SQSClient(patientClientOptions);

export const handler = onRoomEvent({
  enqueueEvent: roomStreams(sqs, environment.ROOM_EVENTS_QUEUE_URL).enqueueEvent,
  deadLetter: deadLetterQueue(sqs, environment.EVENT_DEAD_LETTER_QUEUE_URL),
  onBadEvent: counter(new Metrics(), 'BadEvents'),
  clock: Date.now,
  log: createLog(new Logger(), parseTracedRooms(environment.TRACED_ROOMS)),
});
