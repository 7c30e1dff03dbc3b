import type { Time } from '../options/time.ts';

/** What the client needs of a WebSocket: the browser's, Node's own or the one of `ws`. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  /** Of a class that does not say so, a connection counts as open. */
  readonly readyState?: number;
  send(text: string): void;
  close(code?: number): void;
  /** Breaks the connection off. That of `ws` has it. */
  terminate?(): void;
}

export type WebSocketClass = new (url: string) => WebSocketLike;

/** A WebSocket, and what breaks its connection off where that is possible: in Node, not in a browser. */
export interface Opened {
  socket: WebSocketLike;
  terminate: (() => void) | undefined;
}

export function globalWebSocket(): WebSocketClass | undefined {
  return (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
}

/** @throws what the class throws. */
export function openWebSocket(WebSocket: WebSocketClass, url: string): Opened {
  const own = isNodesOwn(WebSocket) ? breakable() : undefined;
  // A browser takes a second argument for protocols.
  const socket = own ? new (WebSocket as NodesClass)(url, own.init) : new WebSocket(url);
  return { socket, terminate: socket.terminate ? () => socket.terminate?.() : own?.terminate };
}

/** A server that has gone silent answers no close frame, and Node waits for it: `ws` for 30 s, Node's own for ever. */
const ANSWER_TO_CLOSE_MS = 1_000;
/** Of `readyState`. https://websockets.spec.whatwg.org/#dom-websocket-readystate */
const CONNECTING = 0;
const CLOSED = 3;

/** Closes, and waits for the other side for a moment at most; not at all where there is no other side. */
export function abandon({ socket, terminate }: Opened, time: Time): void {
  socket.onopen = socket.onmessage = null;
  // `ws` reports a connection that is closed while it opens as an error.
  socket.onerror = () => undefined;
  const { readyState } = socket;
  const isAlone = readyState === CONNECTING || readyState === CLOSED;
  const cancel = isAlone ? undefined : terminate && time.after(ANSWER_TO_CLOSE_MS, terminate);
  socket.onclose = cancel ?? null;
  socket.close();
}

type Handler = Record<string, ((...args: unknown[]) => unknown) | undefined>;
type Dispatch = (options: object, handler: Handler) => unknown;
type NodesClass = new (url: string, init: { dispatcher: { dispatch: Dispatch } }) => WebSocketLike;

/** Node's own is undici's: its methods check their `this` by `webidl.brandCheck`, and it has no `terminate`. */
function isNodesOwn(WebSocket: WebSocketClass): boolean {
  return nodesDispatcher() !== undefined && String(WebSocket).includes('webidl.brandCheck');
}

/** What brings Node's own WebSockets their connections, a proxy's included. Absent in browsers. */
function nodesDispatcher(): { dispatch: Dispatch } | undefined {
  const all = globalThis as Record<symbol, { dispatch: Dispatch } | undefined>;
  return all[Symbol.for('undici.globalDispatcher.2')] ?? all[Symbol.for('undici.globalDispatcher.1')];
}

/**
 * The connection under a WebSocket of Node's own is out of reach, except for the dispatcher that brings it. This one is
 * Node's, with an eye on the connection. https://undici.nodejs.org/#/docs/api/WebSocket
 */
function breakable() {
  let connection: { destroy(): void } | undefined;
  const dispatch: Dispatch = (options, handler) => {
    // The name differs by undici's version; the connection comes last.
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
