import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/environment.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onDisconnect } from '../lib/lambda/on-connection-event.ts';

export const handler = onDisconnect(connectionDeps(readEnvironment('disconnect'), createLog(new Logger())));
