import { once } from 'node:events';
import { WebSocket } from 'ws';
import { forEachConcurrently } from '../../lib/core/for-each-concurrently.ts';

/** Clients that count frames and do nothing else. */
export interface Crowd {
  /** Sends, and resolves when everybody has a frame: milliseconds until the first has, and the last. */
  timed(send: () => Promise<unknown>): Promise<{ first: number; last: number }>;
  leave(): void;
}

const CONNECTING_AT_ONCE = 50;

export async function connectCrowd(endpoint: string, size: number): Promise<Crowd> {
  const clients: WebSocket[] = [];
  let onFrame: () => void = () => undefined;
  await forEachConcurrently(Array.from({ length: size }), CONNECTING_AT_ONCE, async () => {
    const client = new WebSocket(endpoint.replace('http', 'ws'));
    client.on('message', () => onFrame());
    await once(client, 'open');
    clients.push(client);
  });
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
    leave() {
      for (const client of clients) client.terminate();
    },
  };
}
