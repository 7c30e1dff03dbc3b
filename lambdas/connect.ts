import { Logger } from '@aws-lambda-powertools/logger';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../lib/config/environment.ts';
import { connect } from '../lib/core/connect.ts';
import { patientClientOptions } from '../lib/lambda/client-options.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onConnect } from '../lib/lambda/on-connection-event.ts';
import { authDeadlineQueue } from '../lib/queue/auth-deadline-queue.ts';

const environment = readEnvironment('connect');
const deps = connectionDeps(environment, createLog(new Logger()));
const scheduleAuthDeadline = authDeadlineQueue(
  new SQSClient(patientClientOptions),
  environment.AUTH_DEADLINE_QUEUE_URL,
);

export const handler = onConnect(deps, (connection) =>
  connect({ ...deps, scheduleAuthDeadline }, connection),
);
