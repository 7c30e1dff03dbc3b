import { Logger } from '@aws-lambda-powertools/logger';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../lib/config/functions.ts';
import { connect } from '../lib/core/messages/connect.ts';
import { connectionDeps } from '../lib/lambda/adapters.ts';
import { patientClientOptions } from '../lib/lambda/client-options.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onConnect } from '../lib/lambda/websocket-routes.ts';
import { authDeadlineQueue } from '../lib/queue/queues.ts';

const environment = readEnvironment('connect');
const deps = connectionDeps(environment, createLog(new Logger()));
const scheduleAuthDeadline = authDeadlineQueue(
  new SQSClient(patientClientOptions),
  environment.AUTH_DEADLINE_QUEUE_URL,
);

export const handler = onConnect(deps, (connection) =>
  connect({ ...deps, scheduleAuthDeadline }, connection),
);
