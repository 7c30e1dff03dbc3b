import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import { readBody } from '../http/read-body.ts';
import { respondJsonProtocolError } from '../http/respond-error.ts';
import { replayRequest } from './replay-request.ts';

/** DynamoDB's own limit for a request. */
const LARGEST_REQUEST_BYTES = 16 * 1024 * 1024;

/** Serves one request with dynalite. Never rejects: a client that goes away gets no answer. */
export async function serveRequest(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, LARGEST_REQUEST_BYTES).catch(() => 'gone' as const);
  if (body === 'gone') return;
  if (body === undefined) {
    respondJsonProtocolError(
      response,
      new AwsError('RequestEntityTooLargeException', 'Request too large', 413),
    );
    return;
  }
  const { method, url, headers } = request;
  try {
    replayRequest(server, { method, url, headers, body }, response);
  } catch (error) {
    const message = `dynalite does not understand this request: ${error instanceof Error ? error.message : error}`;
    respondJsonProtocolError(response, new AwsError('SerializationException', message));
  }
}
