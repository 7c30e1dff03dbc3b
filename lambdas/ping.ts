import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/environment.ts';
import { ping } from '../lib/core/ping.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { onClientMessage } from '../lib/lambda/on-client-message.ts';

const deps = connectionDeps(readEnvironment('ping'));

export const handler = onClientMessage('ping', new Logger(), (request) => ping(deps, request));
