import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/environment.ts';
import { enforceAuthDeadline } from '../lib/core/auth-deadline.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { onAuthDeadline } from '../lib/lambda/on-auth-deadline.ts';

const deps = connectionDeps(readEnvironment('authDeadline'));

export const handler = onAuthDeadline(new Logger(), (connectionId) =>
  enforceAuthDeadline(deps, connectionId),
);
