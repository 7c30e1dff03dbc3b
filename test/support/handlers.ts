import { enforceAuthDeadline } from '../../lib/core/auth-deadline.ts';
import { authenticate } from '../../lib/core/authenticate.ts';
import { broadcastPart } from '../../lib/core/broadcast-part.ts';
import { changeRoom } from '../../lib/core/change-room.ts';
import { connect } from '../../lib/core/connect.ts';
import { disconnect } from '../../lib/core/disconnect.ts';
import { type LaneDeps, serveLane } from '../../lib/core/lane/serve-lane.ts';
import { ping } from '../../lib/core/ping.ts';
import type { ConnectionDeps, HandOver, VerifyToken } from '../../lib/core/ports.ts';
import type { Log } from '../../lib/lambda/log.ts';
import { onAuthDeadline } from '../../lib/lambda/on-auth-deadline.ts';
import { onClientMessage } from '../../lib/lambda/on-client-message.ts';
import { onConnectionEvent } from '../../lib/lambda/on-connection-event.ts';
import { onPartOfBroadcast } from '../../lib/lambda/on-part-of-broadcast.ts';
import { onRoomEvent } from '../../lib/lambda/on-room-event.ts';
import { onRoomMessages } from '../../lib/lambda/on-room-messages.ts';
import type { DeadLetter } from '../../lib/queue/dead-letter-queue.ts';
import type { RetrySoon } from '../../lib/queue/retry-soon.ts';
import type { EnterLane } from '../../lib/queue/room-lanes.ts';
import { decodeResult, encodePart } from '../../lib/workers/part-message.ts';

export type HandlerPorts = ConnectionDeps & {
  verifyToken: VerifyToken;
  enterLane: EnterLane;
  deadLetter?: DeadLetter;
  retrySoon?: RetrySoon;
  log?: Log;
} & Pick<LaneDeps, 'queueFlush'> &
  Partial<
    Pick<
      LaneDeps,
      | 'onFlush'
      | 'flushIntervalMs'
      | 'logTtlMs'
      | 'batchSize'
      | 'postsPerSecond'
      | 'membersPerPart'
      | 'handOver'
    >
  >;

export const failOnError: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: (message, error) => {
    throw new Error(message, { cause: error });
  },
};

const laneDefaults = {
  flushIntervalMs: 0,
  logTtlMs: 600_000,
  batchSize: 10,
  postsPerSecond: 1_000_000,
  onFlush: () => undefined,
};

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The handlers of `lambdas/`, over the ports of a test instead of those made from the environment. */
export function handlersOver(ports: HandlerPorts) {
  const { log = failOnError, deadLetter = async () => undefined, retrySoon = async () => undefined } = ports;
  const onError = (message: string, error: unknown) => log.error(message, error as Error);
  const onBadEvent = () => undefined;
  const broadcastWorker = onPartOfBroadcast((work) => broadcastPart({ ...ports, onError }, work));
  // As Lambda does it: what goes in and what comes out is JSON.
  const inProcess: HandOver = async (work) => ({
    outcome: 'done',
    result: decodeResult(json(await broadcastWorker(JSON.parse(encodePart(work))))),
  });
  const laneDeps: LaneDeps = { handOver: inProcess, ...laneDefaults, ...ports, onError };
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
    intake: onRoomEvent({ enterLane: ports.enterLane, deadLetter, onBadEvent, clock: ports.clock, log }),
    broadcast: onRoomMessages({
      serveLane: (roomId, messages) => serveLane(laneDeps, roomId, messages),
      retrySoon,
      deadLetter,
      onBadEvent,
      log,
    }),
  };
}

export type Handlers = ReturnType<typeof handlersOver>;
