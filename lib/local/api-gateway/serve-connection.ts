import type { Duplex } from 'node:stream';
import type { RawData } from 'ws';
import {
  type Closing,
  closedByClient,
  endConnection,
  limitLifetime,
  type OpenConnection,
  TOO_LARGE,
  UNSUPPORTED_DATA,
} from './connection.ts';
import { createFrameWatcher } from './frame-watcher.ts';
import { type Gateway, MAX_FRAME_BYTES } from './gateway.ts';
import { serveMessage } from './messages.ts';

/** Serves an established connection. Resolves with how it ended, whether the client or the server ended it. */
export function serveConnection(
  gateway: Gateway,
  connection: OpenConnection,
  socket: Duplex,
): Promise<Closing> {
  const { webSocket } = connection;
  // In the next tick, so that complete messages before this frame in the same chunk are delivered first.
  const endTooLarge = () => process.nextTick(endConnection, connection, TOO_LARGE);
  const frames = createFrameWatcher(MAX_FRAME_BYTES, endTooLarge);
  // Before the listener of `ws`, so that each frame is checked before it is delivered.
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
  // `ws` has already sent the close frame.
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
