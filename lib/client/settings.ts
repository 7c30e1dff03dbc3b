import { IDLE_TIMEOUT_MS, MAX_CONNECTION_MS } from '../protocol/limits.ts';
import type { NetworkEvents, TradeRoomClientOptions } from './api.ts';
import { systemTime } from './time.ts';
import type { WebSocketClass } from './web-socket.ts';

export type Settings = Required<Omit<TradeRoomClientOptions, 'network'>> & {
  network: NetworkEvents | undefined;
};

const TEN_MINUTES_MS = 600_000;

/** @throws TypeError with what was expected. */
export function settingsOf({
  url,
  getToken,
  WebSocket = globalWebSocket(),
  timeoutMs = 10_000,
  minBackoffMs = 500,
  maxBackoffMs = 20_000,
  pingIntervalMs = IDLE_TIMEOUT_MS / 2,
  reconnectAfterMs = MAX_CONNECTION_MS - TEN_MINUTES_MS,
  network = globalNetwork(),
  time = systemTime,
  random = Math.random,
}: TradeRoomClientOptions): Settings {
  if (!/^wss?:\/\//.test(url)) throw new TypeError(`url: expected ws://… or wss://…, got "${url}"`);
  if (typeof getToken !== 'function') throw new TypeError('getToken: expected a function that gives a token');
  if (WebSocket === undefined) {
    throw new TypeError('WebSocket: there is none here (Node 20): pass the class of the package ws');
  }
  const times = { timeoutMs, minBackoffMs, maxBackoffMs, pingIntervalMs, reconnectAfterMs };
  return { url, getToken, WebSocket, network, time, random, ...times };
}

function globalWebSocket(): WebSocketClass | undefined {
  return (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
}

/** The window, where there is one. `visibilitychange` bubbles up to it. */
function globalNetwork(): NetworkEvents | undefined {
  const candidate = globalThis as Partial<NetworkEvents>;
  return candidate.addEventListener && candidate.removeEventListener && (candidate as NetworkEvents);
}
