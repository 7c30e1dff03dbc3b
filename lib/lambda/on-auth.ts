import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { VerifyClaims } from '../auth/user.ts';
import { createTokenVerifier, parseRoomAccess } from '../auth/user.ts';
import type { Log } from '../core/log.ts';
import { authenticate } from '../core/messages/authenticate.ts';
import { connectionDeps } from './adapters.ts';
import { createLog } from './log.ts';
import { counter } from './metrics.ts';
import type { WebSocketHandler } from './websocket-routes.ts';
import { onClientMessage } from './websocket-routes.ts';

/** The handler of `auth`, for every token mode. */
export function onAuth(
  environment: { TABLE_NAME: string; CALLBACK_URL: string; ROOM_ACCESS: string },
  userIdClaim: string,
  verifyClaims: VerifyClaims,
): WebSocketHandler {
  const log = createLog(new Logger());
  const deps = connectionDeps(environment, log);
  const roomAccess = parseRoomAccess(environment.ROOM_ACCESS);
  const verifyToken = createTokenVerifier(verifyClaims, { userIdClaim, roomAccess }, deps.clock);
  const metrics = new Metrics();
  const countRefused = counter(metrics, 'TokensRefused');
  const onThrottledOut = counter(metrics, 'ThrottledOut');
  return onClientMessage('auth', log, (request) =>
    authenticate({ ...deps, verifyToken, onRefusedToken: countRefused, onThrottledOut }, request),
  );
}

/**
 * Fetches the keys while a function starts. To be awaited at the top level of its module
 * (https://aws.amazon.com/blogs/compute/using-node-js-es-modules-and-top-level-await-in-aws-lambda/). Lambda gives the
 * start up to ten seconds
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib) and may start a
 * function before its first invocation, so a fetch in the background could be frozen before it ends. Never rejects: if the
 * keys cannot be fetched, the first token fetches them.
 */
export async function keysBeforeFirstToken(
  fetchKeys: () => Promise<void>,
  log: Log = createLog(new Logger()),
): Promise<void> {
  try {
    await fetchKeys();
  } catch (error) {
    log('keys_not_fetched', { error });
  }
}
