import { SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../lib/config/environment.ts';
import { connect } from '../lib/core/connect.ts';
import { patientClientOptions } from '../lib/lambda/client-options.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { onConnectionEvent } from '../lib/lambda/on-connection-event.ts';
import { authDeadlineQueue } from '../lib/queue/auth-deadline-queue.ts';

const environment = readEnvironment('connect');
const { store, gateway } = connectionDeps(environment);
const scheduleAuthDeadline = authDeadlineQueue(
  new SQSClient(patientClientOptions),
  environment.AUTH_DEADLINE_QUEUE_URL,
);

export const handler = onConnectionEvent('CONNECT', gateway, (connection) =>
  connect({ store, scheduleAuthDeadline }, connection),
);
