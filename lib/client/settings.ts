import { clientNumbers, numbersOf } from '../options/number-options.ts';
import { systemTime } from '../options/time.ts';
import type { NetworkEvents, TradeRoomClientOptions } from './api.ts';
import { globalWebSocket, type WebSocketClass } from './web-socket.ts';

export type Settings = Required<Omit<TradeRoomClientOptions, 'network' | 'WebSocket'>> & {
  network: NetworkEvents | undefined;
  /** The class to connect with. Called for each connection, because a server that only renders pages has none. */
  webSocketClass: () => WebSocketClass | undefined;
};

/** Fills in the defaults. @throws TypeError that names the option and what was expected. */
export function settingsOf({
  url,
  getToken,
  WebSocket,
  network = globalNetwork(),
  time = systemTime,
  random = Math.random,
  ...given
}: TradeRoomClientOptions): Settings {
  if (!/^wss?:\/\/[^\s#]+$/.test(url)) throw new TypeError(`url: expected ws://… or wss://…, got "${url}"`);
  if (typeof getToken !== 'function')
    throw new TypeError('getToken: expected a function that returns a token');
  const webSocketClass = () => WebSocket ?? globalWebSocket();
  return { url, getToken, webSocketClass, network, time, random, ...timesOf(given) };
}

/** `maxBackoffMs` is at least `minBackoffMs`, also when only `minBackoffMs` is given and exceeds the default maximum. */
function timesOf(given: { [Name in keyof typeof clientNumbers]?: number }) {
  const times = numbersOf(clientNumbers, given);
  const { minBackoffMs, maxBackoffMs } = times;
  if (given.maxBackoffMs !== undefined && maxBackoffMs < minBackoffMs) {
    throw new TypeError(`maxBackoffMs: expected at least minBackoffMs, ${minBackoffMs}, got ${maxBackoffMs}`);
  }
  return { ...times, maxBackoffMs: Math.max(minBackoffMs, maxBackoffMs) };
}

/** The window, in a browser. `visibilitychange` bubbles up to it from the document. */
function globalNetwork(): NetworkEvents | undefined {
  const candidate = globalThis as Partial<NetworkEvents>;
  return candidate.addEventListener && candidate.removeEventListener && (candidate as NetworkEvents);
}
