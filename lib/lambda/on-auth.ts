import { Logger } from '@aws-lambda-powertools/logger';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import { parseRoomAccess } from '../auth/user-of-claims.ts';
import type { VerifyClaims } from '../auth/verify-claims.ts';
import { authenticate } from '../core/authenticate.ts';
import { connectionDeps } from './connection-deps.ts';
import { onClientMessage } from './on-client-message.ts';
import type { WebSocketHandler } from './websocket-event.ts';

/** The handler of `auth`, whatever the token mode. */
export function onAuth(
  environment: { TABLE_NAME: string; CALLBACK_URL: string; ROOM_ACCESS: string },
  userIdClaim: string,
  verifyClaims: VerifyClaims,
): WebSocketHandler {
  const log = new Logger();
  const deps = connectionDeps(environment);
  const roomAccess = parseRoomAccess(environment.ROOM_ACCESS);
  const verifyToken = createTokenVerifier(verifyClaims, { userIdClaim, roomAccess }, deps.clock);
  const onRefusedToken = (reason: string) => log.info('token refused', { reason });
  return onClientMessage('auth', log, (request) =>
    authenticate({ ...deps, verifyToken, onRefusedToken }, request),
  );
}
