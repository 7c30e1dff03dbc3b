import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/environment.ts';
import { changeRoom } from '../lib/core/change-room.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { onClientMessage } from '../lib/lambda/on-client-message.ts';

const deps = connectionDeps(readEnvironment('unsubscribeRoom'));

export const handler = onClientMessage('unsubscribe_room', new Logger(), (request) =>
  changeRoom(deps, request),
);
