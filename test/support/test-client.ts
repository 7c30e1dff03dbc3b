import type { Socket } from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import { within } from './within.ts';

export interface TestClientOptions {
  protocols?: string[];
  headers?: Record<string, string>;
  /** Whatever else `ws` takes. */
  options?: ClientOptions;
}

/** A frame that is a JSON object. */
export interface Frame {
  type: string;
  data: Record<string, unknown>;
  [field: string]: unknown;
}

export interface TestClient {
  webSocket: WebSocket;
  /** The TCP connection under it, for bytes that are no frame. */
  rawSocket: Socket;
  /** Every frame so far as text, also what `next` has already handed out. */
  frames: string[];
  closed: Promise<{ code: number; reason: string }>;
  /** Sends a string as it is, anything else as JSON. */
  send(message: unknown): void;
  /** Sends bytes as a binary frame. */
  sendRaw(data: Uint8Array): void;
  /** The next frame that has not been handed out, parsed. Fails after a while, or when the connection closes. */
  next(): Promise<Frame>;
  /** The next frame as it came. */
  nextText(): Promise<string>;
  /** The next frame of this type; what comes before it is skipped. */
  nextOf(type: string): Promise<Frame>;
  /** Closes and waits until it is closed. */
  close(code?: number, reason?: string): Promise<void>;
  /** Cuts the TCP connection without a close frame. */
  terminate(): void;
}

/** The server answered the handshake with this status instead of 101. */
export class HandshakeRefused extends Error {
  readonly statusCode: number;
  readonly body: string;

  constructor(statusCode: number, body: string) {
    super(`The handshake was answered with ${statusCode}: ${body}`);
    this.statusCode = statusCode;
    this.body = body;
  }
}

/**
 * Connects, and queues every frame until a test asks for it, so that none is missed between two `await`s.
 * @throws HandshakeRefused
 */
export async function connect(url: string, connectOptions: TestClientOptions = {}): Promise<TestClient> {
  const { protocols = [], headers = {}, options = {} } = connectOptions;
  const webSocket = new WebSocket(url.replace(/^http/, 'ws'), protocols, { ...options, headers });
  const client = wrap(webSocket);
  await within(opened(webSocket), `the connection to ${url} to open`);
  return client;
}

function opened(webSocket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    webSocket.once('open', resolve);
    webSocket.once('error', reject);
    webSocket.once('unexpected-response', async (_request, response) => {
      const chunks: Buffer[] = await response.toArray();
      reject(new HandshakeRefused(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
    });
  });
}

function wrap(webSocket: WebSocket): TestClient {
  const frames: string[] = [];
  let rawSocket: Socket | undefined;
  webSocket.once('upgrade', ({ socket }) => {
    rawSocket = socket;
  });
  let handedOut = 0;
  let wake: () => void = () => undefined;
  webSocket.on('message', (data) => {
    frames.push(data.toString());
    wake();
  });
  // A refused handshake and a cut connection are told by `connect` and `closed`.
  webSocket.on('error', () => undefined);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.once('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
      wake();
    });
  });

  const nextText = async (awaited = 'a frame') => {
    while (handedOut === frames.length) {
      if (webSocket.readyState === WebSocket.CLOSED) throw new Error(`Closed while waiting for ${awaited}`);
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await within(woken, `${awaited}; received so far: ${JSON.stringify(frames)}`);
    }
    handedOut += 1;
    return frames[handedOut - 1] ?? '';
  };

  return {
    webSocket,
    get rawSocket() {
      if (rawSocket === undefined) throw new Error('Not connected yet');
      return rawSocket;
    },
    frames,
    get closed() {
      return within(closed, 'the connection to close');
    },
    send: (message) => webSocket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    sendRaw: (data) => webSocket.send(data, { binary: true }),
    nextText,
    next: async () => JSON.parse(await nextText()),
    async nextOf(type) {
      for (;;) {
        const frame: Frame = JSON.parse(await nextText(`a frame of type ${type}`));
        if (frame.type === type) return frame;
      }
    },
    async close(code, reason) {
      webSocket.close(code, reason);
      await within(closed, 'the connection to close');
    },
    terminate: () => webSocket.terminate(),
  };
}
