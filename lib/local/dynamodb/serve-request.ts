import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import { readBody } from '../http/read-body.ts';
import { respondJsonProtocolError } from '../http/respond-error.ts';
import { replayRequest } from './replay-request.ts';

/** DynamoDB's own limit for a request. */
const LARGEST_REQUEST_BYTES = 16 * 1024 * 1024;

/** Throws an AwsError to the caller who may not. `input` is what the body says: nothing, where it is not JSON. */
export type AuthorizeInput = (input: () => Record<string, unknown>) => void;

export interface DynaliteCall {
  /** A dynalite that listens on no port. */
  server: Server;
  request: IncomingMessage;
  response: ServerResponse;
  authorize: AuthorizeInput;
}

/** Serves one request with dynalite. Never rejects: a client that goes away gets no answer. */
export async function serveRequest({ server, request, response, authorize }: DynaliteCall): Promise<void> {
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
    authorize(() => parsed(body));
    replayRequest(server, { method, url, headers, body }, response);
  } catch (error) {
    respondJsonProtocolError(response, error instanceof AwsError ? error : notUnderstood(error));
  }
}

function notUnderstood(error: unknown): AwsError {
  const message = `dynalite does not understand this request: ${error instanceof Error ? error.message : error}`;
  return new AwsError('SerializationException', message);
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString()) ?? {};
  } catch {
    return {};
  }
}
