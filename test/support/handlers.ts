import type { FunctionName } from '../../lib/config/functions.ts';
import { permissions as declared } from '../../lib/config/permissions.ts';
import {
  broadcastSlice,
  type PostingProcess,
  postingProcess,
} from '../../lib/core/broadcast/broadcast-slice.ts';
import type { Log } from '../../lib/core/log.ts';
import { logEvents } from '../../lib/core/log-events.ts';
import { authenticate } from '../../lib/core/messages/authenticate.ts';
import { changeRoom } from '../../lib/core/messages/change-room.ts';
import { connect, enforceAuthDeadline } from '../../lib/core/messages/connect.ts';
import { ping } from '../../lib/core/messages/ping.ts';
import type {
  ConnectionDeps,
  InvokeWorker,
  ScheduleAuthDeadline,
  VerifyToken,
} from '../../lib/core/ports.ts';
import { consumeRoom, type StreamDeps } from '../../lib/core/stream/consume-room.ts';
import { onDelivered } from '../../lib/lambda/metrics.ts';
import { onAuthDeadline } from '../../lib/lambda/on-auth-deadline.ts';
import { onBroadcastSlice } from '../../lib/lambda/on-broadcast-slice.ts';
import { onRoomEvent } from '../../lib/lambda/on-room-event.ts';
import { onRoomMessages } from '../../lib/lambda/on-room-messages.ts';
import { onClientMessage, onConnect, onDisconnect } from '../../lib/lambda/websocket-routes.ts';
import type { RetrySoon } from '../../lib/queue/queues.ts';
import { type DeadLetter, deadLetterOfRoom } from '../../lib/queue/queues.ts';
import type { EnqueueEvent } from '../../lib/queue/room-streams.ts';
import { decodeResult, encodeWork } from '../../lib/workers/lambda-workers.ts';
import { type Permissions, permittedPorts } from './permitted-ports.ts';

export type HandlerPorts = Omit<ConnectionDeps, 'log'> & {
  verifyToken: VerifyToken;
  enqueueEvent: EnqueueEvent;
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
} & Pick<StreamDeps, 'requestDelivery'> &
  Partial<
    Pick<
      StreamDeps,
      | 'onDelivered'
      | 'deliveryIntervalMs'
      | 'logTtlMs'
      | 'batchSize'
      | 'postsPerSecond'
      | 'membersPerSlice'
      | 'invokeWorker'
    >
  >;

export const failOnError: Log = (name, fields) => {
  if (logEvents[name].level !== 'error') return;
  throw new Error(name, { cause: 'error' in fields ? fields.error : undefined });
};

const streamDefaults = {
  deliveryIntervalMs: 0,
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
  const inProcess: InvokeWorker = async (work) => ({
    outcome: 'done',
    result: decodeResult(json(await broadcastWorker(JSON.parse(encodeWork(work))))),
  });
  const given = {
    invokeWorker: inProcess,
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
  const broadcastWorker = onBroadcastSlice((work) =>
    broadcastSlice({ ...as('broadcastWorker'), ...ofWorker }, work),
  );
  const [connecting, taking, broadcasting] = [as('connect'), as('ingest'), as('broadcast')];
  const report = onDelivered(log, () => undefined);
  const streamDeps: StreamDeps = {
    onDelivered: report,
    onNotSent: () => undefined,
    deadLetterEvent: deadLetterOfRoom(broadcasting.deadLetter),
    ...streamDefaults,
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
    ingest: onRoomEvent({ ...taking, onBadEvent, log }),
    broadcast: onRoomMessages({
      consumeRoom: (roomId, messages) => consumeRoom(streamDeps, roomId, messages),
      retrySoon: broadcasting.retrySoon,
      deadLetter: broadcasting.deadLetter,
      onBadEvent,
      log,
    }),
  };
}

export type Handlers = ReturnType<typeof handlersOver>;
