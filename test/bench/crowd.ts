import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type RawData, WebSocket } from 'ws';
import { forEachConcurrently } from '../../lib/core/for-each-concurrently.ts';

/** Clients that count frames and do nothing else. */
export interface Crowd {
  /** Sends, and resolves when everybody has a frame: milliseconds until the first has, and the last. */
  timed(send: () => Promise<unknown>): Promise<{ first: number; last: number }>;
  leave(): void;
}

const CONNECTING_AT_ONCE = 50;

/** Connects clients; each has a number, from 0 on. Returns what ends them all. */
export async function connectClients(
  endpoint: string,
  size: number,
  onFrame: (client: number, frame: Buffer) => void,
): Promise<() => void> {
  const clients: WebSocket[] = [];
  await forEachConcurrently(Array(size).keys(), CONNECTING_AT_ONCE, async (number) => {
    // As a Buffer, unless `ws` is told otherwise.
    const client = await connected(endpoint, (frame) => onFrame(number, frame as Buffer));
    // A server that ends first may cut the connection.
    client.on('error', () => undefined);
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
  const leave = await connectClients(endpoint, size, () => onFrame());
  return {
    async timed(send) {
      const begun = performance.now();
      const times: number[] = [];
      const all = new Promise<void>((resolve) => {
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
