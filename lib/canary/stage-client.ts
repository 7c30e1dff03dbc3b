import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';

export interface Frame {
  type?: unknown;
  data?: Record<string, unknown>;
  id?: unknown;
  epoch?: unknown;
  seq?: unknown;
  /** Present in API Gateway's own frames, which have no type. */
  message?: unknown;
}

/** A client of the stage that waits for frames by their ids. Its errors say what was expected. */
export interface StageClient {
  /** Sends a message and resolves with its answer. Rejects for the same reasons as `frame`. */
  request(type: string, data: object, awaited: string): Promise<Frame>;
  /**
   * The frame with this id, even if it has arrived before. Rejects if API Gateway reports a failure, if the connection
   * closes, or after `patience`.
   */
  frame(id: string, awaited: string): Promise<Frame>;
  /** Closes the connection. Resolves with the close code when the server has closed it, too. */
  close(): Promise<number>;
  /** Drops the connection without a close frame. */
  abandon(): void;
}

/** Opens a connection. `patience` (milliseconds) limits the opening and every wait. `signal` drops the connection. */
export async function openStageClient(
  url: string,
  patience: number,
  signal?: AbortSignal,
): Promise<StageClient> {
  const socket = new WebSocket(url, { handshakeTimeout: patience });
  const drop = () => socket.terminate();
  signal?.addEventListener('abort', drop, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', drop));
  const frames: Frame[] = [];
  const watchers = new Set<() => void>();
  const wake = () => {
    for (const watcher of watchers) watcher();
  };
  let closed: number | undefined;
  socket.on('message', (text) => {
    frames.push(parse(String(text)));
    wake();
  });
  socket.on('close', (code) => {
    closed = code;
    wake();
  });
  await opened(socket);

  const waitFor = <Value>(look: () => Value | undefined, awaited: string) =>
    new Promise<Value>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        watchers.delete(watcher);
        settle();
      };
      const watcher = () => {
        const value = look();
        if (value !== undefined) return end(() => resolve(value));
        const failure = frames.find(({ type, message }) => type === undefined && message !== undefined);
        if (failure !== undefined) {
          const said = `API Gateway said "${failure.message}": see the log of the function`;
          return end(() => reject(new Error(`expected ${awaited}, but ${said}`)));
        }
        if (closed === undefined) return;
        end(() => reject(new Error(`expected ${awaited}, but the server closed the connection, ${closed}`)));
      };
      const timer = setTimeout(() => {
        end(() => reject(new Error(`expected ${awaited} within ${patience / 1000} s, got nothing`)));
      }, patience);
      watchers.add(watcher);
      watcher();
    });

  return {
    request(type, data, awaited) {
      const id = randomUUID();
      socket.send(JSON.stringify({ type, data, id }));
      return waitFor(() => frames.find((frame) => frame.id === id), awaited);
    },
    frame: (id, awaited) => waitFor(() => frames.find((frame) => frame.id === id), awaited),
    close() {
      socket.close(1000);
      return waitFor(() => closed, 'the connection to close');
    },
    abandon: () => socket.terminate(),
  };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    // The listener stays, so that a later error is handled; the event 'close' reports it.
    socket.on('error', (error) => reject(new Error(`expected the connection to open, got ${error.message}`)));
  });
}

function parse(text: string): Frame {
  try {
    return JSON.parse(text) as Frame;
  } catch {
    return {};
  }
}
