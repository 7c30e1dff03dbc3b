import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { readEnvironment } from '../lib/config/functions.ts';
import { enforceAuthDeadline } from '../lib/core/messages/connect.ts';
import { connectionDeps } from '../lib/lambda/adapters.ts';
import { createLog } from '../lib/lambda/log.ts';
import { counter } from '../lib/lambda/metrics.ts';
import { onAuthDeadline } from '../lib/lambda/on-auth-deadline.ts';

const log = createLog(new Logger());
const deps = connectionDeps(readEnvironment('authDeadline'), log);
const countTimeout = counter(new Metrics(), 'AuthTimeouts');

export const handler = onAuthDeadline(log, async (connectionId) => {
  if (await enforceAuthDeadline(deps, connectionId)) countTimeout();
});
