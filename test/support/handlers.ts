import { enforceAuthDeadline } from '../../lib/core/auth-deadline.ts';
import { authenticate } from '../../lib/core/authenticate.ts';
import { type BroadcastResult, broadcast } from '../../lib/core/broadcast.ts';
import { changeRoom } from '../../lib/core/change-room.ts';
import { connect } from '../../lib/core/connect.ts';
import { disconnect } from '../../lib/core/disconnect.ts';
import { ping } from '../../lib/core/ping.ts';
import type { ConnectionDeps, VerifyToken } from '../../lib/core/ports.ts';
import type { Log } from '../../lib/lambda/log.ts';
import { onAuthDeadline } from '../../lib/lambda/on-auth-deadline.ts';
import { onClientMessage } from '../../lib/lambda/on-client-message.ts';
import { onConnectionEvent } from '../../lib/lambda/on-connection-event.ts';
import { onRoomEvent } from '../../lib/lambda/on-room-event.ts';
import type { DeadLetter } from '../../lib/queue/dead-letter-queue.ts';

interface HandlerPorts extends ConnectionDeps {
  verifyToken: VerifyToken;
  deadLetter?: DeadLetter;
  log?: Log;
  onBroadcast?: (result: BroadcastResult) => void;
}

const failOnError: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: (message, error) => {
    throw new Error(message, { cause: error });
  },
};

/** The handlers of `lambdas/`, over the ports of a test instead of those made from the environment. */
export function handlersOver(ports: HandlerPorts) {
  const { log = failOnError, deadLetter = async () => undefined, onBroadcast = () => undefined } = ports;
  const onError = (message: string, error: unknown) => log.error(message, error as Error);
  return {
    $connect: onConnectionEvent('CONNECT', ports.gateway, (connection) =>
      connect({ store: ports.store, scheduleAuthDeadline: async () => undefined }, connection),
    ),
    $disconnect: onConnectionEvent('DISCONNECT', ports.gateway, ({ connectionId }) =>
      disconnect(ports.store, connectionId),
    ),
    auth: onClientMessage('auth', log, (request) =>
      authenticate({ ...ports, onRefusedToken: () => undefined }, request),
    ),
    subscribe_room: onClientMessage('subscribe_room', log, (request) => changeRoom(ports, request)),
    unsubscribe_room: onClientMessage('unsubscribe_room', log, (request) => changeRoom(ports, request)),
    ping: onClientMessage('ping', log, (request) => ping(ports, request)),
    authDeadline: onAuthDeadline(log, async (connectionId) => {
      await enforceAuthDeadline(ports, connectionId);
    }),
    broadcast: onRoomEvent({
      broadcast: ({ roomId }, frame) => broadcast({ ...ports, onError }, roomId, frame),
      deadLetter,
      onBroadcast: (_, result) => onBroadcast(result),
      onBadEvent: () => undefined,
      log,
    }),
  };
}
