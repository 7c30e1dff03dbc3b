import type { Time } from '../options/time.ts';

/** The part of a WebSocket that the client uses. Browsers, Node and the package `ws` have it. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  /** Without it the connection counts as open. */
  readonly readyState?: number;
  send(text: string): void;
  close(code?: number): void;
  /** Destroys the connection without a closing handshake. Only `ws` has it. */
  terminate?(): void;
}

export type WebSocketClass = new (url: string) => WebSocketLike;

/** A WebSocket, and a function that destroys its connection without a handshake, which exists in Node only. */
export interface Opened {
  socket: WebSocketLike;
  terminate: (() => void) | undefined;
}

export function globalWebSocket(): WebSocketClass | undefined {
  return (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
}

/** Opens a WebSocket. @throws the error of the class, such as for a malformed URL. */
export function openWebSocket(WebSocket: WebSocketClass, url: string): Opened {
  const own = isNodesOwn(WebSocket) ? breakable() : undefined;
  // A browser would read a second argument as protocols.
  const socket = own ? new (WebSocket as NodesClass)(url, own.init) : new WebSocket(url);
  return { socket, terminate: socket.terminate ? () => socket.terminate?.() : own?.terminate };
}

/** Milliseconds to wait for the answer to a close frame. Without this limit `ws` waits 30 s, and Node's own class without end. */
const ANSWER_TO_CLOSE_MS = 1_000;
/** Of `readyState`. https://websockets.spec.whatwg.org/#dom-websocket-readystate */
const CONNECTING = 0;
const CLOSED = 3;

/** Closes the connection and waits at most one second for the other side; not at all if the connection is not open. */
export function abandon({ socket, terminate }: Opened, time: Time): void {
  socket.onopen = socket.onmessage = null;
  // `ws` reports a connection that is closed while it opens as an error.
  socket.onerror = () => undefined;
  const { readyState } = socket;
  const isAlone = readyState === CONNECTING || readyState === CLOSED;
  const cancel = isAlone ? undefined : terminate && time.after(ANSWER_TO_CLOSE_MS, terminate);
  socket.onclose = cancel ?? null;
  try {
    socket.close();
  } catch {
    // The client does not use this socket any more, so that an error of its close has no effect.
  }
}

type Handler = Record<string, ((...args: unknown[]) => unknown) | undefined>;
type Dispatch = (options: object, handler: Handler) => unknown;
type NodesClass = new (url: string, init: { dispatcher: { dispatch: Dispatch } }) => WebSocketLike;

/** Node's own class comes from undici: its source contains `webidl.brandCheck`. It has no `terminate`. */
function isNodesOwn(WebSocket: WebSocketClass): boolean {
  return nodesDispatcher() !== undefined && String(WebSocket).includes('webidl.brandCheck');
}

/** The dispatcher by which Node's own WebSockets connect, also through a proxy. Absent in browsers. */
function nodesDispatcher(): { dispatch: Dispatch } | undefined {
  const all = globalThis as Record<symbol, { dispatch: Dispatch } | undefined>;
  return all[Symbol.for('undici.globalDispatcher.2')] ?? all[Symbol.for('undici.globalDispatcher.1')];
}

/**
 * A dispatcher for Node's own WebSocket that delegates to Node's dispatcher and remembers the connection, so that it can be
 * destroyed. The WebSocket itself gives no access to it. https://undici.nodejs.org/#/docs/api/WebSocket
 */
function breakable() {
  let connection: { destroy(): void } | undefined;
  const dispatch: Dispatch = (options, handler) => {
    // The name depends on the version of undici; the connection is the last argument.
    for (const name of ['onUpgrade', 'onRequestUpgrade']) {
      const upgrade = handler[name];
      if (upgrade === undefined) continue;
      handler[name] = (...args) => {
        connection = args.at(-1) as typeof connection;
        return upgrade.apply(handler, args);
      };
    }
    return nodesDispatcher()?.dispatch(options, handler);
  };
  return { init: { dispatcher: { dispatch } }, terminate: () => connection?.destroy() };
}
