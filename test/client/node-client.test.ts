import { describe } from 'vitest';
import { WebSocket } from 'ws';
import { describeClient } from './client-suite.ts';
import { recordedClient } from './recorded-client.ts';

describe('a client in Node', () => {
  describeClient(async () => {
    const network = new EventTarget();
    return {
      async open(options) {
        const client = recordedClient(options, { WebSocket, network });
        return { recording: async () => client.recording, close: async () => client.close() };
      },
      async setOffline(isOffline) {
        network.dispatchEvent(new Event(isOffline ? 'offline' : 'online'));
      },
      close: async () => undefined,
    };
  });
});
