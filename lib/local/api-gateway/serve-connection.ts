import type { Duplex } from 'node:stream';
import type { RawData } from 'ws';
import { type Closing, closedByClient, TOO_LARGE, UNSUPPORTED_DATA } from './close-codes.ts';
import { type Connection, endConnection } from './connection.ts';
import { createFrameWatcher } from './frame-watcher.ts';
import type { Gateway } from './gateway.ts';
import { limitLifetime } from './lifetime.ts';
import { MAX_FRAME_BYTES } from './limits.ts';
import { serveMessage } from './messages.ts';

/** Serves an established connection; resolves with how it ended, whoever ended it. */
export function serveConnection(gateway: Gateway, connection: Connection, socket: Duplex): Promise<Closing> {
  const { webSocket } = connection;
  // In the next tick: what is complete before the frame, in the same chunk, is delivered by then.
  const endTooLarge = () => process.nextTick(endConnection, connection, TOO_LARGE);
  const frames = createFrameWatcher(MAX_FRAME_BYTES, endTooLarge);
  // Before the listener of `ws`, which must not deliver a frame that has not been watched.
  socket.prependListener('data', (chunk: Buffer) => frames.read(chunk));
  const cancelLimits = limitLifetime(connection, gateway.time);
  let received = 0;

  webSocket.on('message', (data: RawData, isBinary: boolean) => {
    const isTooLarge = received >= frames.messagesBeforeOversized;
    received += 1;
    if (isTooLarge || connection.endedWith) return;
    connection.lastActiveAt = gateway.time.now();
    if (isBinary) endConnection(connection, UNSUPPORTED_DATA);
    else void serveMessage(gateway, connection, data.toString());
  });
  // `ws` has sent the close frame by itself.
  webSocket.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') connection.endedWith ??= TOO_LARGE;
  });
  return new Promise((resolve) => {
    webSocket.once('close', (code, reason) => {
      cancelLimits();
      resolve(connection.endedWith ?? closedByClient(code, reason.toString()));
    });
  });
}
