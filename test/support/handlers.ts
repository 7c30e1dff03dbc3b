import { enforceAuthDeadline } from '../../lib/core/auth-deadline.ts';
import { authenticate } from '../../lib/core/authenticate.ts';
import { broadcast } from '../../lib/core/broadcast.ts';
import { broadcastPart } from '../../lib/core/broadcast-part.ts';
import { changeRoom } from '../../lib/core/change-room.ts';
import { connect } from '../../lib/core/connect.ts';
import { disconnect } from '../../lib/core/disconnect.ts';
import { ping } from '../../lib/core/ping.ts';
import type { ConnectionDeps, HandOver, VerifyToken } from '../../lib/core/ports.ts';
import type { BroadcastReport } from '../../lib/lambda/broadcast-report.ts';
import type { Log } from '../../lib/lambda/log.ts';
import { onAuthDeadline } from '../../lib/lambda/on-auth-deadline.ts';
import { onClientMessage } from '../../lib/lambda/on-client-message.ts';
import { onConnectionEvent } from '../../lib/lambda/on-connection-event.ts';
import { onPartOfBroadcast } from '../../lib/lambda/on-part-of-broadcast.ts';
import { onRoomEvent } from '../../lib/lambda/on-room-event.ts';
import type { DeadLetter } from '../../lib/queue/dead-letter-queue.ts';
import { decodeResult, encodePart } from '../../lib/workers/part-message.ts';

interface HandlerPorts extends ConnectionDeps {
  verifyToken: VerifyToken;
  deadLetter?: DeadLetter;
  log?: Log;
  onBroadcast?: (report: BroadcastReport) => void;
  postsPerSecond?: number;
  /** How many members are worth a worker of their own. */
  membersPerPart?: number;
}

const failOnError: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: (message, error) => {
    throw new Error(message, { cause: error });
  },
};

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The handlers of `lambdas/`, over the ports of a test instead of those made from the environment. */
export function handlersOver(ports: HandlerPorts) {
  const { log = failOnError, deadLetter = async () => undefined, onBroadcast = () => undefined } = ports;
  const onError = (message: string, error: unknown) => log.error(message, error as Error);
  const broadcastWorker = onPartOfBroadcast((work) => broadcastPart({ ...ports, onError }, work));
  // As Lambda does it: what goes in and what comes out is JSON.
  const handOver: HandOver = async (work) => ({
    outcome: 'done',
    result: decodeResult(json(await broadcastWorker(JSON.parse(encodePart(work))))),
  });
  return {
    broadcastWorker,
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
      broadcast: ({ roomId }, frame) =>
        broadcast({ postsPerSecond: 1_000_000, ...ports, onError, handOver }, roomId, frame),
      deadLetter,
      onBroadcast,
      onBadEvent: () => undefined,
      clock: ports.clock,
      log,
    }),
  };
}
