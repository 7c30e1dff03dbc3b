import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, type AwsJsonService } from '../aws-json-service.ts';
import type { AwsCall } from '../faults.ts';
import type { Authorize } from '../iam/access-control.ts';
import { readBody, tooLargeSentence, traceHeadersOf } from './request.ts';
import { respond } from './respond.ts';

// Above the limit of each service, so that the service's own limit applies.
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

interface AwsJsonCall {
  service: AwsJsonService;
  /** Its name in faults and errors. */
  name: AwsCall['service'];
  operation: string;
  authorize: Authorize;
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * Serves one operation of a service: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 * @throws AwsError of the operation or of `authorize`; `SerializationException` for a body that is not a JSON object.
 */
export async function serveAwsJson(call: AwsJsonCall): Promise<void> {
  const { service, operation: operationName, request, response } = call;
  const operation = Object.hasOwn(service.operations, operationName) && service.operations[operationName];
  if (!operation) throw unknownOperation();
  const body = await readBody(request, MAX_REQUEST_BYTES);
  if (body === undefined) throw tooLargeRequest(MAX_REQUEST_BYTES);
  const input = parseInput(body);
  call.authorize(request, call.name, () => service.needs(operationName, input));
  const [traceHeader] = traceHeadersOf(request);
  const output = await operation(input, traceHeader);
  const headers = { 'Content-Type': service.contentType };
  respond(response, 200, output === undefined ? '' : JSON.stringify(output), headers);
}

export function tooLargeRequest(limit: number): AwsError {
  return new AwsError('RequestEntityTooLargeException', tooLargeSentence(limit), 413);
}

export function unknownOperation(): AwsError {
  return new AwsError('UnknownOperationException', 'The local emulator has no such operation.');
}

function parseInput(body: Buffer): Record<string, unknown> {
  const input = parseJson(body.toString() || '{}');
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
    return input as Record<string, unknown>;
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
