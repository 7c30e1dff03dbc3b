import type { Time } from '../options/time.ts';
import type { RoomEventData, RoomEventType } from '../protocol/room-events.ts';
import type { UnrecoveredReason } from '../protocol/server-messages.ts';
import type { TradeRoomError } from './error.ts';
import type { WebSocketClass } from './web-socket.ts';

/** Ends what it belongs to; a second call does nothing. */
export type Unsubscribe = () => void;

/**
 * `connected`: authenticated, rooms are fed. `connecting`: it is being tried, for as long as it takes. `disconnected`:
 * nobody tries: not begun, closed, or only a person can help: nobody is signed in, there is no WebSocket.
 */
export type ConnectionState = 'connecting' | 'connected' | 'disconnected';

/**
 * `subscribed`: it is fed. `subscribing`: that is being tried, also while the connection is away. `refused`: see the
 * room's `error`. `unsubscribed`: nobody tries: it is not wanted, or the client is `disconnected`, such as after
 * `close()`; a room that is wanted is subscribed to again by `connect()`.
 */
export type RoomState = 'unsubscribed' | 'subscribing' | 'subscribed' | 'refused';

export interface TradeRoomClientOptions {
  /** `wss://…`: the stage's `WebSocketUrl`, locally `ws://localhost:4001`. */
  url: string;
  /**
   * Asked before every connection and before a token expires; once at a time, however long it takes. What it throws is
   * `token_unavailable`, and it is asked again; only a TradeRoomError with the code `signed_out` ends the client.
   */
  getToken: () => string | Promise<string>;
  /** Node 20 has none of its own: pass that of `ws`. Looked up when it connects: `no_web_socket` where there is none. */
  WebSocket?: WebSocketClass;
  /** Milliseconds for connecting, and for each answer. */
  timeoutMs?: number;
  /** Between two attempts a random time passes, of at most this, doubled with every attempt up to `maxBackoffMs`. */
  minBackoffMs?: number;
  maxBackoffMs?: number;
  /** API Gateway closes a connection after ten minutes of silence, and bills every message. */
  pingIntervalMs?: number;
  /** API Gateway closes a connection at two hours; around this age, ±5 %, the next one is made before it is closed. */
  reconnectAfterMs?: number;
  /** Where `online`, `offline` and `visibilitychange` are heard. Default: the window and its document, where there are any. */
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
   * Connects and authenticates; rooms do so by themselves. Resolves at once where that has been done.
   * @throws TradeRoomError with `auth_failed` when two tokens in a row were refused, `timeout` when it takes too long; then
   * the client goes on trying. With `signed_out`, `no_web_socket` and `closed` it does not.
   */
  connect(): Promise<{ userId: string; expiresAt: number }>;
  /**
   * The one handle of this room. `42` and `'42'` are the same.
   * @throws TypeError for what can be no room's id, such as `undefined`, `NaN` or an integer beyond 2^53.
   */
  room(roomId: string | number): Room;
  /** `cause` is why the connection was lost or given up, where that is known. */
  on(type: 'state', listener: (state: ConnectionState, cause?: TradeRoomError) => void): Unsubscribe;
  /** What the server or `getToken` says is wrong, and nobody waits for. */
  on(type: 'error', listener: (error: TradeRoomError) => void): Unsubscribe;
  /** Every frame, as text, in both directions: for tools that show them. */
  on(type: 'frame', listener: (frame: Frame) => void): Unsubscribe;
  /**
   * Gets a new token and puts it in force, without another connection. Rooms that were refused are asked for again.
   * @throws TradeRoomError with `connection_lost` where there is no connection, or it is lost meanwhile: the next one asks
   * for a token of its own. With `token_unavailable`, or what the server answers. With what ended the client.
   */
  renewToken(): Promise<void>;
  /**
   * Closes the connection and does not reconnect; no process is kept alive. `connect()` opens a new one. Rooms keep their
   * listeners. A listener that is added in the same tick reconnects, too: React's strict mode runs effects twice.
   */
  close(): void;
}

export interface Frame {
  direction: 'sent' | 'received';
  text: string;
}

/** A room is subscribed to while it has a listener of an event, or since `subscribe()`, until `unsubscribe()`. */
export interface Room {
  readonly id: string;
  readonly state: RoomState;
  /**
   * Gets the room's events in order, each once. Of states (leaderboard, positions, the room's state) a listener first
   * gets the last ones that are known, marked `replayed`.
   */
  on<Type extends RoomEventType>(
    type: Type,
    listener: (data: RoomEventData<Type>, meta: EventMeta) => void,
  ): Unsubscribe;
  /** The subscription is live, again after every time that it was not. */
  on(type: 'subscribed', listener: (subscribed: Subscribed) => void): Unsubscribe;
  on(type: 'state', listener: (state: RoomState) => void): Unsubscribe;
  /** The server refuses the room. */
  on(type: 'error', listener: (error: TradeRoomError) => void): Unsubscribe;
  /**
   * Resolves as soon as the subscription is live.
   * @throws TradeRoomError with the code of the server's error, or `timeout`; then the client goes on trying.
   */
  subscribe(): Promise<Subscribed>;
  /** Leaves the room and drops its listeners. Resolves when the server has said so. */
  unsubscribe(): Promise<void>;
}

export interface EventMeta {
  roomId: string;
  /** The event's own id, as the service gave it. */
  id: string;
  /** When it was published, epoch milliseconds. */
  publishedAt: number;
  epoch: string;
  /** Number of the event in its room. */
  seq: number;
  /** It has been told before to another listener, or it is the retained value of a state, not news. */
  replayed: boolean;
}

export interface Subscribed {
  /** Whether all that was missed was recovered. True as well where there was nothing before. */
  complete: boolean;
  /** Why something was missed: orders since must be read from the REST API. */
  reason?: UnrecoveredReason;
}
