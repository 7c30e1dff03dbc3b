import type { IncomingMessage } from 'node:http';

/**
 * The whole body, or undefined when it is longer than `limit` bytes: the rest is read and dropped, so that the
 * client gets its answer instead of a broken pipe. Rejects when the client goes away before the end.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
    });
    request.once('end', () => {
      const [only] = chunks;
      if (length > limit) resolve(undefined);
      else resolve(chunks.length === 1 ? only : Buffer.concat(chunks, length));
    });
    request.once('error', reject);
    request.once('close', () => {
      // The stack of an error costs more than all else here.
      if (!request.readableEnded) reject(new Error('The client went away'));
    });
  });
}
