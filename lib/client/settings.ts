import { clientNumbers, numbersOf } from '../options/number-options.ts';
import { systemTime } from '../options/time.ts';
import type { NetworkEvents, TradeRoomClientOptions } from './api.ts';
import { globalWebSocket, type WebSocketClass } from './web-socket.ts';

export type Settings = Required<Omit<TradeRoomClientOptions, 'network' | 'WebSocket'>> & {
  network: NetworkEvents | undefined;
  /** The class to connect with. Looked up for each connection: a server that renders pages needs none. */
  webSocketClass: () => WebSocketClass | undefined;
};

/** @throws TypeError with what was expected. */
export function settingsOf({
  url,
  getToken,
  WebSocket,
  network = globalNetwork(),
  time = systemTime,
  random = Math.random,
  ...given
}: TradeRoomClientOptions): Settings {
  if (!/^wss?:\/\//.test(url)) throw new TypeError(`url: expected ws://… or wss://…, got "${url}"`);
  if (typeof getToken !== 'function') throw new TypeError('getToken: expected a function that gives a token');
  const webSocketClass = () => WebSocket ?? globalWebSocket();
  return { url, getToken, webSocketClass, network, time, random, ...timesOf(given) };
}

/** The longest wait is never shorter than the first: where only the first is given, it may be longer than the default. */
function timesOf(given: { [Name in keyof typeof clientNumbers]?: number }) {
  const times = numbersOf(clientNumbers, given);
  const { minBackoffMs, maxBackoffMs } = times;
  if (given.maxBackoffMs !== undefined && maxBackoffMs < minBackoffMs) {
    throw new TypeError(`maxBackoffMs: expected at least minBackoffMs, ${minBackoffMs}, got ${maxBackoffMs}`);
  }
  return { ...times, maxBackoffMs: Math.max(minBackoffMs, maxBackoffMs) };
}

/** The window, where there is one. `visibilitychange` bubbles up to it. */
function globalNetwork(): NetworkEvents | undefined {
  const candidate = globalThis as Partial<NetworkEvents>;
  return candidate.addEventListener && candidate.removeEventListener && (candidate as NetworkEvents);
}
