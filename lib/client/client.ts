import { show } from '../options/number-options.ts';
import type { Time } from '../options/time.ts';
import { expectedRoomId, isRoomId } from '../protocol/room-id-rule.ts';
import {
  type ClientErrorCode,
  type ConnectionState,
  type EventMeta,
  type Frame,
  type NetworkEvents,
  type Room,
  type RoomState,
  type Subscribed,
  type TradeRoomClient,
  type TradeRoomClientOptions,
  TradeRoomError,
  type Unsubscribe,
} from './api.ts';
import { createConnector } from './connector.ts';
import { createDeferred, unattended } from './deferred.ts';
import { createEmitter, type OnFailure, reportUncaught } from './emitter.ts';
import { createRoom, createRooms, type RoomController } from './rooms.ts';
import type { AuthenticatedUser } from './session.ts';
import { settingsOf } from './settings.ts';
import type { WebSocketClass } from './web-socket.ts';

export type {
  ClientErrorCode,
  ConnectionState,
  EventMeta,
  Frame,
  NetworkEvents,
  Room,
  RoomState,
  Subscribed,
  Time,
  TradeRoomClient,
  TradeRoomClientOptions,
  Unsubscribe,
  WebSocketClass,
};
export { TradeRoomError };

interface Changes extends Record<string, unknown[]> {
  state: [ConnectionState, TradeRoomError?];
  error: [TradeRoomError];
  frame: [Frame];
}

/**
 * A client of Trade Room's rooms. It connects when the first room gets a listener, or by `connect()`, and stays connected
 * until `close()`.
 * @throws TypeError when an option is not usable.
 */
export function createTradeRoomClient(options: TradeRoomClientOptions): TradeRoomClient {
  const settings = settingsOf(options);
  const { time, timeoutMs, network } = settings;
  const listenerFailed: OnFailure = (cause, type) => {
    if (type === 'error' || changes.isEmpty('error')) return reportUncaught(cause);
    const message = `a listener of ${type} failed: see the cause`;
    changes.emit('error', new TradeRoomError('listener_failed', message, { cause }));
  };
  const changes = createEmitter<Changes>(listenerFailed);
  const rooms = createRooms((id) =>
    createRoom(id, settings, {
      phases: (roomId) => connector.phases(roomId),
      isTrying: () => connector.state !== 'disconnected',
      onChange: reconcileSoon,
      onIdle: (room) => rooms.release(room),
      onFailure: (cause, type) => listenerFailed(cause, `${type} of room ${id}`),
    }),
  );
  const connecting = createDeferred<AuthenticatedUser>(time, timeoutMs, 'the connection');
  /** Why the client stopped; only `connect()` starts it again. Undefined while it runs, and before its first start. */
  let stoppedBy: TradeRoomError | undefined;
  /** True until the end of the task that called `close()`. */
  let wasJustClosed = false;
  /** Rooms to reconcile, and those of them to subscribe again even if the server has refused them. */
  let changed = new Set<RoomController>();
  let toRetry = new Set<RoomController>();

  const connector = createConnector(settings, {
    rooms: rooms.inUse,
    onAuthenticated: connecting.resolve,
    onRefused: connecting.reject,
    onError: (error) => changes.emit('error', error),
    onText: (frame) => changes.emit('frame', frame),
    onState(state, cause) {
      if (state === 'disconnected') {
        stoppedBy = cause;
        for (const [type, listener] of networkListeners) network?.removeEventListener(type, listener);
        if (cause !== undefined) connecting.reject(cause);
      }
      changes.emit('state', state, cause);
    },
  });

  const networkListeners: [type: string, listener: () => void][] = [
    ['online', connector.check],
    ['offline', () => connector.session?.check()],
    // A tab that was suspended may have lost its connection without an event.
    ['visibilitychange', () => isHidden() || connector.check()],
  ];

  function start(): void {
    if (connector.state !== 'disconnected') return;
    stoppedBy = undefined;
    for (const [type, listener] of networkListeners) network?.addEventListener(type, listener);
    connector.start();
  }

  /** Reconciles all changed rooms in one microtask: a component that mounts and unmounts in one task causes no request. */
  function reconcileSoon(room: RoomController, retryRefused: boolean): void {
    rooms.use(room);
    // React's strict mode unmounts and mounts again in one task: that `close()` does not stop the client.
    if (wasJustClosed && room.isWanted()) stoppedBy = undefined;
    if (changed.size === 0) queueMicrotask(reconcile);
    changed.add(room);
    if (retryRefused) toRetry.add(room);
  }

  function reconcile(): void {
    const reconciled = changed;
    const retryRefused = toRetry;
    changed = new Set();
    toRetry = new Set();
    const wanted = [...reconciled].filter((room) => room.isWanted());
    if (stoppedBy === undefined && wanted.length > 0) start();
    connector.reconcile(reconciled, retryRefused);
    if (stoppedBy !== undefined) for (const room of wanted) room.fail(stoppedBy);
  }

  async function renewToken(): Promise<void> {
    if (stoppedBy !== undefined) throw stoppedBy;
    await connector.renew();
  }

  return {
    get state() {
      return connector.state;
    },
    connect() {
      const user = connector.session?.user;
      if (user !== undefined) return Promise.resolve({ ...user });
      const connected = connecting.wait();
      start();
      return connected;
    },
    room(roomId): Room {
      if (!isRoomId(roomId)) throw new TypeError(`room: ${expectedRoomId}, got ${show(roomId)}`);
      return rooms.of(String(roomId)).handle;
    },
    on: (type: string, listener: (...args: never[]) => void) =>
      changes.on(type, listener as (...args: unknown[]) => void),
    renewToken: () => unattended(renewToken()),
    close() {
      stoppedBy = new TradeRoomError('closed', 'the client was closed');
      wasJustClosed = true;
      queueMicrotask(() => {
        wasJustClosed = false;
      });
      connector.stop(stoppedBy);
    },
  };
}

function isHidden(): boolean {
  const { document } = globalThis as { document?: { visibilityState: string } };
  return document?.visibilityState === 'hidden';
}
