import type { FunctionName } from '../../lib/config/functions.ts';
import { permissions as declared } from '../../lib/config/permissions.ts';
import {
  broadcastPart,
  type PostingProcess,
  postingProcess,
} from '../../lib/core/broadcast/broadcast-slice.ts';
import { type Log, logEvents } from '../../lib/core/log-events.ts';
import { authenticate } from '../../lib/core/messages/authenticate.ts';
import { changeRoom } from '../../lib/core/messages/change-room.ts';
import { connect, enforceAuthDeadline } from '../../lib/core/messages/connect.ts';
import { ping } from '../../lib/core/messages/ping.ts';
import type { ConnectionDeps, HandOver, ScheduleAuthDeadline, VerifyToken } from '../../lib/core/ports.ts';
import { type LaneDeps, serveLane } from '../../lib/core/stream/consume-room.ts';
import { onFlush } from '../../lib/lambda/metrics.ts';
import { onAuthDeadline } from '../../lib/lambda/on-auth-deadline.ts';
import { onPartOfBroadcast } from '../../lib/lambda/on-part-of-broadcast.ts';
import { onRoomEvent } from '../../lib/lambda/on-room-event.ts';
import { onRoomMessages } from '../../lib/lambda/on-room-messages.ts';
import { onClientMessage, onConnect, onDisconnect } from '../../lib/lambda/websocket-routes.ts';
import type { RetrySoon } from '../../lib/queue/queues.ts';
import { type DeadLetter, deadLetterOfRoom } from '../../lib/queue/queues.ts';
import type { EnterLane } from '../../lib/queue/room-streams.ts';
import { decodeResult, encodePart } from '../../lib/workers/lambda-workers.ts';
import { type Permissions, permittedPorts } from './permitted-ports.ts';

export type HandlerPorts = Omit<ConnectionDeps, 'log'> & {
  verifyToken: VerifyToken;
  enterLane: EnterLane;
  deadLetter?: DeadLetter;
  retrySoon?: RetrySoon;
  scheduleAuthDeadline?: ScheduleAuthDeadline;
  log?: Log;
  /** What each function may do; default: what `lib/config/permissions.ts` says. */
  permissions?: Permissions;
  /** Told of each call that a function may not make. Default: throws. */
  onDenied?: (sentence: string) => void;
  /** Of the function that broadcasts; others have one each. */
  posting?: PostingProcess;
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

export const failOnError: Log = (name, fields) => {
  if (logEvents[name].level !== 'error') return;
  throw new Error(name, { cause: 'error' in fields ? fields.error : undefined });
};

const laneDefaults = {
  flushIntervalMs: 0,
  logTtlMs: 600_000,
  batchSize: 10,
  postsPerSecond: 1_000_000,
};

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const failOnDenied = (sentence: string): never => {
  throw new Error(sentence);
};

/**
 * The handlers of `lambdas/`, over the ports of a test instead of those made from the environment. Each is held to the
 * permissions of its function, as by IAM.
 */
export function handlersOver(ports: HandlerPorts) {
  const { log = failOnError, permissions = declared, onDenied = failOnDenied } = ports;
  const onBadEvent = () => undefined;
  const { posting: ofBroadcast = postingProcess(ports), posting: ofWorker = postingProcess(ports) } = ports;
  // As Lambda does it: what goes in and what comes out is JSON.
  const inProcess: HandOver = async (work) => ({
    outcome: 'done',
    result: decodeResult(json(await broadcastWorker(JSON.parse(encodePart(work))))),
  });
  const given = {
    handOver: inProcess,
    deadLetter: async () => undefined,
    retrySoon: async () => undefined,
    scheduleAuthDeadline: async () => undefined,
    ...ports,
    log,
  };
  const as = (name: FunctionName) => ({
    ...given,
    ...permittedPorts(given, name, permissions[name], onDenied),
  });
  const broadcastWorker = onPartOfBroadcast((work) =>
    broadcastPart({ ...as('broadcastWorker'), ...ofWorker }, work),
  );
  const [connecting, taking, broadcasting] = [as('connect'), as('intake'), as('broadcast')];
  const report = onFlush(log, () => undefined);
  const laneDeps: LaneDeps = {
    onFlush: report,
    onNotSent: () => undefined,
    deadLetterEvent: deadLetterOfRoom(broadcasting.deadLetter),
    ...laneDefaults,
    ...broadcasting,
    ...ofBroadcast,
  };
  return {
    broadcastWorker,
    $connect: onConnect(connecting, (connection) => connect(connecting, connection)),
    $disconnect: onDisconnect(as('disconnect')),
    auth: onClientMessage('auth', log, (request) =>
      authenticate(
        { ...as('auth'), onRefusedToken: () => undefined, onThrottledOut: () => undefined },
        request,
      ),
    ),
    subscribe_room: onClientMessage('subscribe_room', log, (request) =>
      changeRoom(as('subscribeRoom'), request),
    ),
    unsubscribe_room: onClientMessage('unsubscribe_room', log, (request) =>
      changeRoom(as('unsubscribeRoom'), request),
    ),
    ping: onClientMessage('ping', log, (request) => ping(as('ping'), request)),
    authDeadline: onAuthDeadline(log, async (connectionId) => {
      await enforceAuthDeadline(as('authDeadline'), connectionId);
    }),
    intake: onRoomEvent({ ...taking, onBadEvent, log }),
    broadcast: onRoomMessages({
      serveLane: (roomId, messages) => serveLane(laneDeps, roomId, messages),
      retrySoon: broadcasting.retrySoon,
      deadLetter: broadcasting.deadLetter,
      onBadEvent,
      log,
    }),
  };
}

export type Handlers = ReturnType<typeof handlersOver>;
