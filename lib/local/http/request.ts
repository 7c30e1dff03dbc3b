import type { IncomingMessage } from 'node:http';

/** The limit of DynamoDB, the largest of all services. */
export const LARGEST_BODY_BYTES = 16 * 1024 * 1024;

/** Whether `Content-Length` is above the limit of every service. */
export function isTooLargeForAll({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > LARGEST_BODY_BYTES;
}

export function tooLargeSentence(limit: number): string {
  return `The body of the request is too large: ${limit} bytes are taken here.`;
}

/**
 * The whole body, or undefined if it is longer than `limit` bytes. The rest is then read and dropped, so that the client gets
 * an answer instead of a broken pipe. Rejects if the client closes the connection before the end.
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
      // Only then, because the stack trace of an Error costs more than the rest of this function.
      if (!request.readableEnded) reject(new Error('The client went away'));
    });
  });
}

/**
 * X-Ray's header of a call. SDKs set it in a function; other callers do not.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function traceHeadersOf({ headers }: Pick<IncomingMessage, 'headers'>): string[] {
  const header = headers['x-amzn-trace-id'];
  return typeof header === 'string' ? [header] : [];
}

/** Decodes a segment of a path. A segment that cannot be decoded stays unchanged and then matches no name. */
export function percentDecoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** How deep objects and arrays are nested in a JSON text. Does not recurse, so that any depth is safe. */
export function jsonDepth(json: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index];
    if (isInString && character === '\\') index += 1;
    else if (character === '"') isInString = !isInString;
    else if (!isInString) {
      depth += step(character);
      deepest = Math.max(deepest, depth);
    }
  }
  return deepest;
}

function step(character: string | undefined): -1 | 0 | 1 {
  if (character === '{' || character === '[') return 1;
  return character === '}' || character === ']' ? -1 : 0;
}
