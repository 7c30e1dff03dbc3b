import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/functions.ts';
import { connectionDeps } from '../lib/lambda/adapters.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onDisconnect } from '../lib/lambda/websocket-routes.ts';

export const handler = onDisconnect(connectionDeps(readEnvironment('disconnect'), createLog(new Logger())));
