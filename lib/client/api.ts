import type { Time } from '../options/time.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import type { RoomEventData, RoomEventType } from '../protocol/room-events.ts';
import type { UnrecoveredReason } from '../protocol/server-messages.ts';
import type { WebSocketClass } from './web-socket.ts';

/** Removes the listener that it was returned for; a second call does nothing. */
export type Unsubscribe = () => void;

/**
 * `connected`: authenticated, and rooms receive events. `connecting`: the client tries to connect, without a limit of time.
 * `disconnected`: the client does not try: it was not started, it was closed, nobody is signed in, or there is no WebSocket.
 */
export type ConnectionState = 'connecting' | 'connected' | 'disconnected';

/**
 * `subscribed`: the room receives events. `subscribing`: the client tries to subscribe, also while it is not connected.
 * `refused`: the server refuses the room; the room's `error` event says why. `unsubscribed`: the room has no listener, or
 * the client is `disconnected`, for example after `close()`. `connect()` subscribes again to rooms that have listeners.
 */
export type RoomState = 'unsubscribed' | 'subscribing' | 'subscribed' | 'refused';

export interface TradeRoomClientOptions {
  /** `wss://…`: the stage's `WebSocketUrl`, locally `ws://localhost:4001`. */
  url: string;
  /**
   * Called before every connection and before a token expires. One call runs at a time, without a limit of time. An error
   * becomes `token_unavailable`, and the client calls again later. A TradeRoomError with the code `signed_out` stops the
   * client.
   */
  getToken: () => string | Promise<string>;
  /**
   * Default: the global WebSocket, looked up at every connection; without one the client stops with `no_web_socket`. Node 20
   * has none: pass the class of the package `ws`.
   */
  WebSocket?: WebSocketClass;
  /** Milliseconds that the client waits for a connection to open, and for each answer. */
  timeoutMs?: number;
  /**
   * Milliseconds. Before each attempt to connect the client waits a random time, at most this long. The maximum doubles with
   * every attempt, up to `maxBackoffMs`.
   */
  minBackoffMs?: number;
  maxBackoffMs?: number;
  /** Milliseconds between two pings. API Gateway closes a connection after ten minutes of silence, and bills every message. */
  pingIntervalMs?: number;
  /**
   * Milliseconds. API Gateway closes a connection after two hours. At this age, ±5 %, the client opens the next connection,
   * and closes the old one afterwards.
   */
  reconnectAfterMs?: number;
  /** The source of `online`, `offline` and `visibilitychange` events. Default: the window, in a browser. */
  network?: NetworkEvents;
  /** For tests. */
  time?: Time;
  random?: () => number;
}

export interface NetworkEvents {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

export interface TradeRoomClient {
  readonly state: ConnectionState;
  /**
   * Connects and authenticates; resolves at once if the client is connected. A room with a listener connects without this
   * call.
   * @throws TradeRoomError `auth_failed` when the server refuses two tokens in a row, `timeout` after `timeoutMs`; the client
   * continues to try. `signed_out`, `no_web_socket`, `closed`: the client has stopped.
   */
  connect(): Promise<{ userId: string; expiresAt: number }>;
  /**
   * The handle of this room: every call with the same id returns the same object. `42` and `'42'` are the same id.
   * @throws TypeError for a value that is no room id, such as `undefined`, `NaN` or an integer beyond 2^53.
   */
  room(roomId: string | number): Room;
  /** `cause` says why the connection was lost or stopped, if the client knows it. */
  on(type: 'state', listener: (state: ConnectionState, cause?: TradeRoomError) => void): Unsubscribe;
  /** An error of the server or of `getToken` that answers no pending call. */
  on(type: 'error', listener: (error: TradeRoomError) => void): Unsubscribe;
  /** Every frame in both directions, as text, for tools that show frames. */
  on(type: 'frame', listener: (frame: Frame) => void): Unsubscribe;
  /**
   * Gets a new token and authenticates with it on the current connection. Then subscribes again to the rooms that the server
   * had refused.
   * @throws TradeRoomError `connection_lost` when there is no connection or it is lost during the call; the next connection
   * gets a new token anyway. `token_unavailable`, or the code of the server's error. The error that stopped the client.
   */
  renewToken(): Promise<void>;
  /**
   * Closes the connection and does not reconnect; the client then keeps no process alive. Rooms keep their listeners.
   * `connect()` connects again. So does a listener that is added in the same task, because React's strict mode runs every
   * effect twice.
   */
  close(): void;
}

export interface Frame {
  direction: 'sent' | 'received';
  text: string;
}

/** A room is subscribed while it has a listener for an event, or from `subscribe()` until `unsubscribe()`. */
export interface Room {
  readonly id: string;
  readonly state: RoomState;
  /**
   * The listener receives the room's events in order, each once. For a type of state it first receives
   * the retained values, marked `replayed`.
   */
  on<Type extends RoomEventType>(
    type: Type,
    listener: (data: RoomEventData<Type>, meta: EventMeta) => void,
  ): Unsubscribe;
  /** The subscription became live: after the first subscribe, and after each interruption. */
  on(type: 'subscribed', listener: (subscribed: Subscribed) => void): Unsubscribe;
  on(type: 'state', listener: (state: RoomState) => void): Unsubscribe;
  /** The server refused the room. */
  on(type: 'error', listener: (error: TradeRoomError) => void): Unsubscribe;
  /**
   * Resolves when the subscription is live.
   * @throws TradeRoomError with the code of the server's error, or `timeout`; the client continues to try.
   */
  subscribe(): Promise<Subscribed>;
  /** Leaves the room and removes the listeners of its events. Resolves when the server has answered. */
  unsubscribe(): Promise<void>;
}

export interface EventMeta {
  roomId: string;
  /** The id that the service gave to the event. */
  id: string;
  /** Time of publication, in epoch milliseconds. */
  publishedAt: number;
  epoch: string;
  /** The number of the event in its room. */
  seq: number;
  /** True for a retained value: the state existed before this listener, or before the subscription. */
  replayed: boolean;
}

export interface Subscribed {
  /** True when every missed event was recovered, and for a first subscription. */
  complete: boolean;
  /** Why events were not recovered. The page must read the orders of that time from the REST API. */
  reason?: UnrecoveredReason;
}

/** Why a call failed. `ErrorCode` has the codes of the server's `error` frames. */
export type ClientErrorCode =
  | ErrorCode
  /** No answer came in time. The client continues to try. */
  | 'timeout'
  /** The connection was lost. The client continues to try. */
  | 'connection_lost'
  /** `getToken` failed; the reason is the `cause`. The client continues to try. */
  | 'token_unavailable'
  /** A listener threw, or its promise was rejected; the error is the `cause`. */
  | 'listener_failed'
  /** `getToken` threw a TradeRoomError with this code: nobody is signed in. The client stops. */
  | 'signed_out'
  /** There is no WebSocket to connect with (Node 20). The client stops. */
  | 'no_web_socket'
  /** `close()` or `unsubscribe()` was called. */
  | 'closed';

/** The one error class of the client. `code` is stable; `message` is for a developer and may change. */
export class TradeRoomError extends Error {
  override readonly name = 'TradeRoomError';
  readonly code: ClientErrorCode;
  /** With `connection_lost`: the close code of the WebSocket. Absent if the WebSocket could not be created. */
  readonly closeCode: number | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    options?: { cause?: unknown; closeCode?: number | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.closeCode = options?.closeCode;
  }
}
