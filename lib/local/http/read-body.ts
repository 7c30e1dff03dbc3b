import type { IncomingMessage } from 'node:http';

/** DynamoDB takes this, and no other service more. */
export const LARGEST_BODY_BYTES = 16 * 1024 * 1024;

/** Whether a request says beforehand that its body is longer than any service takes. */
export function isTooLargeForAll({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > LARGEST_BODY_BYTES;
}

export function tooLargeSentence(limit: number): string {
  return `The body of the request is too large: ${limit} bytes are taken here.`;
}

/**
 * The whole body, or undefined when it is longer than `limit` bytes: the rest is read and dropped, so that the
 * client gets its answer instead of a broken pipe. Rejects when the client goes away before the end.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks = [];
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
