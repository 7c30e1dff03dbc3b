import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/environment.ts';
import { ping } from '../lib/core/ping.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onClientMessage } from '../lib/lambda/on-client-message.ts';

const log = createLog(new Logger());
const deps = connectionDeps(readEnvironment('ping'), log);

export const handler = onClientMessage('ping', log, (request) => ping(deps, request));
