import type { ServerAnswer } from '../protocol/server-messages.ts';
import { type ErrorOrigin, errorAnswer } from './answers.ts';
import { closeConnection, tellAndClose } from './close-connection.ts';
import type { Connection } from './connection.ts';
import type { ConnectionDeps } from './ports.ts';
import { connectionRefusal } from './refusal.ts';

/**
 * Ends a connection that may not speak any more: closing, expired, or without a row. Returns the answer for the
 * message that found out (it reaches nobody once the connection is closed), or undefined where nothing is wrong.
 */
export async function refuseConnection(
  deps: ConnectionDeps,
  connectionId: string,
  connection: Connection | undefined,
  origin: ErrorOrigin,
): Promise<ServerAnswer | undefined> {
  switch (connectionRefusal(connection, deps.clock())) {
    case undefined:
      return undefined;
    case 'unknown':
      // Its row is gone and with it every membership: left open, the client would wait for events in vain.
      await tellAndClose(deps, connectionId, 'internal', origin);
      return errorAnswer('internal', origin);
    case 'closing': {
      const code = connection?.closing ?? 'auth_failed';
      await closeConnection(deps, connectionId, code, 'always', origin);
      return errorAnswer(code, origin);
    }
    case 'token_expired': {
      const { outcome } = await closeConnection(
        deps,
        connectionId,
        'token_expired',
        'if_token_expired',
        origin,
      );
      return outcome === 'kept' ? undefined : errorAnswer('token_expired', origin);
    }
  }
}
