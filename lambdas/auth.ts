import { Logger } from '@aws-lambda-powertools/logger';
import { parseTokenSettings } from '../lib/auth/token-settings.ts';
import { createTokenVerifier } from '../lib/auth/token-verifier.ts';
import { parseRoomAccess } from '../lib/auth/user-of-claims.ts';
import { readEnvironment } from '../lib/config/environment.ts';
import { authenticate } from '../lib/core/authenticate.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { onClientMessage } from '../lib/lambda/on-client-message.ts';

const environment = readEnvironment('auth');
const log = new Logger();
const deps = connectionDeps(environment);
const roomAccess = parseRoomAccess(environment.ROOM_ACCESS);
const verifyToken = createTokenVerifier(
  parseTokenSettings(environment.TOKEN_SETTINGS),
  roomAccess,
  deps.clock,
);
const onRefusedToken = (reason: string) => log.info('token refused', { reason });

export const handler = onClientMessage('auth', log, (request) =>
  authenticate({ ...deps, verifyToken, onRefusedToken }, request),
);
