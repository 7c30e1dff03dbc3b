import { Logger } from '@aws-lambda-powertools/logger';
import type { BroadcastPartDeps } from '../core/broadcast-part.ts';
import { connectionDeps } from './connection-deps.ts';
import { asError } from './log.ts';

/** The real adapters of a function that posts to rooms, made once per cold start. */
export function broadcastDeps(environment: { TABLE_NAME: string; CALLBACK_URL: string }): BroadcastPartDeps {
  const log = new Logger();
  return {
    ...connectionDeps(environment),
    onError: (message, error) => log.error(message, asError(error)),
  };
}
