import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/functions.ts';
import { ping } from '../lib/core/messages/ping.ts';
import { connectionDeps } from '../lib/lambda/adapters.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onClientMessage } from '../lib/lambda/websocket-routes.ts';

const log = createLog(new Logger());
const deps = connectionDeps(readEnvironment('ping'), log);

export const handler = onClientMessage('ping', log, (request) => ping(deps, request));
