import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { readEnvironment } from '../lib/config/environment.ts';
import { enforceAuthDeadline } from '../lib/core/auth-deadline.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { counter } from '../lib/lambda/counter.ts';
import { onAuthDeadline } from '../lib/lambda/on-auth-deadline.ts';

const deps = connectionDeps(readEnvironment('authDeadline'));
const countTimeout = counter(new Metrics(), 'AuthTimeouts');

export const handler = onAuthDeadline(new Logger(), async (connectionId) => {
  if (await enforceAuthDeadline(deps, connectionId)) countTimeout();
});
