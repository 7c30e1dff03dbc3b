import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type RawData, WebSocket } from 'ws';
import { forEachConcurrently } from '../../lib/core/concurrently.ts';

/** Clients that count frames and do nothing else. */
export interface Crowd {
  /**
   * Sends, and resolves when every client has a frame: milliseconds until the first has, and the last. Rejects when a
   * client was disconnected: the machine was too slow for this size, or a fault of the broadcaster.
   */
  timed(send: () => Promise<unknown>): Promise<{ first: number; last: number }>;
  leave(): void;
}

const CONNECTING_AT_ONCE = 50;

/** Connects clients; each has a number, from 0 on. Returns what ends them all. */
export async function connectClients(
  endpoint: string,
  size: number,
  onFrame: (client: number, frame: Buffer) => void,
  onDisconnect: (client: number) => void = () => undefined,
): Promise<() => void> {
  const clients: WebSocket[] = [];
  await forEachConcurrently(Array(size).keys(), CONNECTING_AT_ONCE, async (number) => {
    // As a Buffer, unless `ws` is told otherwise.
    const client = await connected(endpoint, (frame) => onFrame(number, frame as Buffer));
    // A server that ends first may cut the connection.
    client.on('error', () => undefined);
    client.on('close', () => onDisconnect(number));
    clients.push(client);
  });
  return () => {
    for (const client of clients) client.terminate();
  };
}

/** Tries again when API Gateway opens no more new connections in this second. */
async function connected(endpoint: string, onMessage: (frame: RawData) => void): Promise<WebSocket> {
  for (;;) {
    const client = new WebSocket(endpoint.replace('http', 'ws'));
    client.on('message', onMessage);
    try {
      await once(client, 'open');
      return client;
    } catch (error) {
      if (!String(error).includes('429')) throw error;
      await setTimeout(100);
    }
  }
}

export async function connectCrowd(endpoint: string, size: number): Promise<Crowd> {
  let onFrame: () => void = () => undefined;
  let onDisconnect: () => void = () => undefined;
  let disconnected = 0;
  const leave = await connectClients(
    endpoint,
    size,
    () => onFrame(),
    () => {
      disconnected += 1;
      onDisconnect();
    },
  );
  const failure = () =>
    new Error(`${disconnected} of ${size} clients were disconnected while they were timed`);
  return {
    async timed(send) {
      const begun = performance.now();
      const times: number[] = [];
      const all = new Promise<void>((resolve, reject) => {
        onDisconnect = () => reject(failure());
        if (disconnected > 0) reject(failure());
        onFrame = () => {
          times.push(performance.now() - begun);
          if (times.length === size) resolve();
        };
      });
      await Promise.all([send(), all]);
      return { first: times[0] ?? Number.NaN, last: times.at(-1) ?? Number.NaN };
    },
    leave,
  };
}
