import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import { tooLargeRequest } from '../http/aws-json-protocol.ts';
import { LARGEST_BODY_BYTES, readBody } from '../http/read-body.ts';
import { respondJsonProtocolError } from '../http/respond-error.ts';
import { askingForCapacity, countingCapacity } from './consumed-capacity.ts';
import type { PartitionThroughput } from './partition-throughput.ts';
import { replayRequest } from './replay-request.ts';

/** Throws an AwsError to the caller who may not. `input` is what the body says: nothing, where it is not JSON. */
export type AuthorizeInput = (input: () => Record<string, unknown>) => void;

export interface DynaliteCall {
  /** A dynalite that listens on no port. */
  server: Server;
  request: IncomingMessage;
  response: ServerResponse;
  authorize: AuthorizeInput;
  throughput: PartitionThroughput;
}

/** Serves one request with dynalite. Never rejects: a client that goes away gets no answer. */
export async function serveRequest(call: DynaliteCall): Promise<void> {
  const { request, response } = call;
  const body = await readBody(request, LARGEST_BODY_BYTES).catch(() => 'gone' as const);
  if (body === 'gone') return;
  if (body === undefined) {
    respondJsonProtocolError(response, tooLargeRequest(LARGEST_BODY_BYTES));
    return;
  }
  try {
    await serveBody(call, body);
  } catch (error) {
    respondJsonProtocolError(response, error instanceof AwsError ? error : notUnderstood(error));
  }
}

async function serveBody(call: DynaliteCall, body: Buffer): Promise<void> {
  const { server, request, response } = call;
  const { method, url, headers } = request;
  const input = parsed(body);
  call.authorize(() => input);
  const [, operation = ''] = String(headers['x-amz-target']).split('.');
  const access = call.throughput.accessOf(operation, input);
  if (access === undefined) return replayRequest(server, { method, url, headers, body }, response);
  const admission = access.admit();
  if (admission !== undefined) await admission;
  const asking = { method, url, headers, body: askingForCapacity(body, input) };
  replayRequest(server, asking, countingCapacity(response, input, access.count));
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
