import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/environment.ts';
import { changeRoom } from '../lib/core/change-room.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onClientMessage } from '../lib/lambda/on-client-message.ts';

const log = createLog(new Logger());
const deps = connectionDeps(readEnvironment('subscribeRoom'), log);

export const handler = onClientMessage('subscribe_room', log, (request) => changeRoom(deps, request));
