import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import { tooLargeRequest } from '../http/aws-json-protocol.ts';
import { LARGEST_BODY_BYTES, readBody } from '../http/request.ts';
import { respondJsonProtocolError } from '../http/respond.ts';
import { type DynaliteResponse, replayRequest } from './dynalite-engine.ts';
import type { PartitionThroughput } from './partition-throughput.ts';

/** Throws an AwsError if the caller has no permission. `input` returns the parsed body, or `{}` if it is not JSON. */
export type AuthorizeInput = (input: () => Record<string, unknown>) => void;

interface DynaliteCall {
  /** A dynalite that listens on no port. */
  server: Server;
  request: IncomingMessage;
  response: ServerResponse;
  authorize: AuthorizeInput;
  throughput: PartitionThroughput;
}

/** Serves one request with dynalite. Never rejects; a client that has gone gets no answer. */
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

/**
 * The consumed capacity in an answer of dynalite. No part of an item matches it: the value of an attribute starts with its type,
 * and a quotation mark inside a text is escaped.
 */
const CAPACITY = /"ConsumedCapacity":(?:\{"CapacityUnits":[\d.]+,[^{}]*\}|\[[^\]]*\])/;
const UNITS = /"CapacityUnits":([\d.]+)/g;

/** Adds `ReturnConsumedCapacity` to the request, unless the caller has set it. If a field occurs twice, the later one counts. */
function askingForCapacity(body: Buffer, input: Record<string, unknown>): Buffer {
  if (isAsked(input)) return body;
  const end = body.lastIndexOf('}');
  return Buffer.concat([body.subarray(0, end), Buffer.from(',"ReturnConsumedCapacity":"TOTAL"}')]);
}

/** Whether the caller itself has asked for the consumed capacity. */
function isAsked({ ReturnConsumedCapacity: asked }: Record<string, unknown>): boolean {
  return asked === 'TOTAL' || asked === 'INDEXES';
}

/**
 * Takes dynalite's answer to a request of `askingForCapacity`, counts the consumed capacity, and answers the caller. It omits
 * the optional header `x-amz-crc32`, which would have to be computed again.
 *
 * A failed condition consumes units by the size of the item, at least one; this counts one.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
function countingCapacity(
  response: DynaliteResponse,
  input: Record<string, unknown>,
  count: (units: number) => void,
): DynaliteResponse {
  const headers = new Map<string, string | number>();
  return {
    statusCode: 200,
    setHeader: (name, value) => headers.set(name, value),
    end(body = '') {
      const { answer, units } = this.statusCode === 200 ? taken(body, input) : refused(body);
      count(units);
      response.statusCode = this.statusCode;
      headers.delete('x-amz-crc32');
      if (headers.has('Content-Length')) headers.set('Content-Length', Buffer.byteLength(answer));
      for (const [name, value] of headers) response.setHeader(name, value);
      return response.end(answer);
    },
  };
}

interface Taken {
  /** The body for the caller. */
  answer: string;
  units: number;
}

function refused(answer: string): Taken {
  return { answer, units: answer.includes('ConditionalCheckFailed') ? 1 : 0 };
}

function taken(body: string, input: Record<string, unknown>): Taken {
  // A read consumes at least half a unit, or one unit if consistent, also for an item that does not exist.
  const least = input['ConsistentRead'] === true ? 1 : 0.5;
  if (isAsked(input)) return { answer: body, units: Math.max(parsedUnits(body), least) };
  const found = CAPACITY.exec(body);
  if (found === null) return { answer: body, units: least };
  const [said] = found;
  const units = [...said.matchAll(UNITS)].reduce((sum, [, number]) => sum + Number(number), 0);
  return { answer: without(body, found.index, said.length), units: Math.max(units, least) };
}

/** The sum of all tables. The caller may have asked for details beside the total. */
function parsedUnits(body: string): number {
  const said: { CapacityUnits: number }[] = [JSON.parse(body).ConsumedCapacity].flat();
  return said.reduce((sum, each) => sum + each.CapacityUnits, 0);
}

/** The JSON without the field at `start`, and without one comma next to it. */
function without(json: string, start: number, length: number): string {
  const before = json.slice(0, start);
  const after = json.slice(start + length);
  return before.endsWith(',') ? before.slice(0, -1) + after : before + after.replace(/^,/, '');
}
