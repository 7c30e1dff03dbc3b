import type { DynaliteResponse } from './replay-request.ts';

/**
 * What dynalite says of one request. Nothing of an item looks like it: in a request and in an answer the value of an
 * attribute begins with its type, and a quotation mark in a text is escaped.
 */
const CAPACITY = /"ConsumedCapacity":(?:\{"CapacityUnits":[\d.]+,[^{}]*\}|\[[^\]]*\])/;
const UNITS = /"CapacityUnits":([\d.]+)/g;

/** The request, so that dynalite says what it consumes, if the caller has not asked for it. Of two fields the later counts. */
export function askingForCapacity(body: Buffer, input: Record<string, unknown>): Buffer {
  if (isAsked(input)) return body;
  const end = body.lastIndexOf('}');
  return Buffer.concat([body.subarray(0, end), Buffer.from(',"ReturnConsumedCapacity":"TOTAL"}')]);
}

/** The caller gets a ConsumedCapacity only if it has asked for it. */
function isAsked({ ReturnConsumedCapacity: asked }: Record<string, unknown>): boolean {
  return asked === 'TOTAL' || asked === 'INDEXES';
}

/**
 * Takes dynalite's answer to a request of `askingForCapacity`, counts what was consumed, and answers the caller. It leaves
 * out `x-amz-crc32`, which would have to be computed again and is optional.
 *
 * A condition that fails consumes as much as the item is large, one unit at least; that one is counted.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export function countingCapacity(
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
  /** What the caller gets. */
  answer: string;
  units: number;
}

function refused(answer: string): Taken {
  return { answer, units: answer.includes('ConditionalCheckFailed') ? 1 : 0 };
}

function taken(body: string, input: Record<string, unknown>): Taken {
  // Half a unit or a whole one at least, also for what is not there.
  const least = input['ConsistentRead'] === true ? 1 : 0.5;
  if (isAsked(input)) return { answer: body, units: Math.max(parsedUnits(body), least) };
  const found = CAPACITY.exec(body);
  if (found === null) return { answer: body, units: least };
  const [said] = found;
  const units = [...said.matchAll(UNITS)].reduce((sum, [, number]) => sum + Number(number), 0);
  return { answer: without(body, found.index, said.length), units: Math.max(units, least) };
}

/** The caller may have asked for more than the total. */
function parsedUnits(body: string): number {
  const said: { CapacityUnits: number }[] = [JSON.parse(body).ConsumedCapacity].flat();
  return said.reduce((sum, each) => sum + each.CapacityUnits, 0);
}

/** Without a field of an object, and one comma beside it. */
function without(json: string, start: number, length: number): string {
  const before = json.slice(0, start);
  const after = json.slice(start + length);
  return before.endsWith(',') ? before.slice(0, -1) + after : before + after.replace(/^,/, '');
}
