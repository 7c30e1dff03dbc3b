import { clientNumbers, numbersOf } from '../options/number-options.ts';
import { systemTime } from '../options/time.ts';
import type { NetworkEvents, TradeRoomClientOptions } from './api.ts';
import type { WebSocketClass } from './web-socket.ts';

export type Settings = Required<Omit<TradeRoomClientOptions, 'network'>> & {
  network: NetworkEvents | undefined;
};

/** @throws TypeError with what was expected. */
export function settingsOf({
  url,
  getToken,
  WebSocket = globalWebSocket(),
  network = globalNetwork(),
  time = systemTime,
  random = Math.random,
  ...given
}: TradeRoomClientOptions): Settings {
  if (!/^wss?:\/\//.test(url)) throw new TypeError(`url: expected ws://… or wss://…, got "${url}"`);
  if (typeof getToken !== 'function') throw new TypeError('getToken: expected a function that gives a token');
  if (WebSocket === undefined) {
    throw new TypeError('WebSocket: there is none here (Node 20): pass the class of the package ws');
  }
  return { url, getToken, WebSocket, network, time, random, ...timesOf(given) };
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

function globalWebSocket(): WebSocketClass | undefined {
  return (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
}

/** The window, where there is one. `visibilitychange` bubbles up to it. */
function globalNetwork(): NetworkEvents | undefined {
  const candidate = globalThis as Partial<NetworkEvents>;
  return candidate.addEventListener && candidate.removeEventListener && (candidate as NetworkEvents);
}
