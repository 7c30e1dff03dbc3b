import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/functions.ts';
import { changeRoom } from '../lib/core/messages/change-room.ts';
import { connectionDeps } from '../lib/lambda/adapters.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onClientMessage } from '../lib/lambda/websocket-routes.ts';

const log = createLog(new Logger());
const deps = connectionDeps(readEnvironment('subscribeRoom'), log);

export const handler = onClientMessage('subscribe_room', log, (request) => changeRoom(deps, request));
