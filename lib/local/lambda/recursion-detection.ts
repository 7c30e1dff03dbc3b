import { createHash } from 'node:crypto';
import type { LambdaFunction } from '../description.ts';
import type { InvocationResult } from '../invoke.ts';
import type { Time } from '../time.ts';

/**
 * Approximately so many times Lambda invokes a function in one chain; it refuses the next invocation.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export const LONGEST_CHAIN = 16;

export interface RecursionDetection {
  /** The trace header of the next invocation of a function, or the result of one that is refused. */
  admit(functionName: string, traceHeaders: readonly string[]): { traceHeader: string } | InvocationResult;
  /** How many invocations were refused, by function: CloudWatch's `RecursiveInvocationsDropped`. */
  dropped(): Record<string, number>;
}

/**
 * Lambda's detection of recursive loops. A function whose own messages invoke it again is stopped, unless its
 * description allows the loop. A chain goes on through Invoke and through SQS, by the trace header. A new chain begins
 * where something else invokes a function, as in AWS.
 */
export function createRecursionDetection(options: {
  functions: Record<string, Pick<LambdaFunction, 'recursiveLoop'>>;
  time: Time;
  newId: () => string;
  print: (line: string) => void;
}): RecursionDetection {
  const { functions, time, newId, print } = options;
  const dropped = new Map<string, number>();

  return {
    admit(functionName, traceHeaders) {
      const link = nextInChain(traceHeaders, functionName, () => newRoot(time.now(), newId()));
      if (link.invocations <= LONGEST_CHAIN || functions[functionName]?.recursiveLoop === 'allow') {
        return { traceHeader: link.traceHeader };
      }
      dropped.set(functionName, (dropped.get(functionName) ?? 0) + 1);
      print(
        `lambda: ${functionName} is not run: it has been invoked ${LONGEST_CHAIN}× in one chain (${link.root}), and Lambda stops such a loop. ` +
          "Let the chain end sooner, or, if it always ends, allow it for this function: recursiveLoop: 'allow'",
      );
      return refused();
    },
    dropped: () => Object.fromEntries(dropped),
  };
}

function refused(): InvocationResult {
  const errorMessage = 'Lambda has detected your function being invoked in a recursive loop and stopped it.';
  return {
    ok: false,
    recursive: true,
    error: { errorType: 'RecursiveInvocationException', errorMessage, trace: [] },
  };
}

/** Where an invocation stands in the chain of those that led to it. */
interface ChainLink {
  /** For `_X_AMZN_TRACE_ID`. The SDKs send it with what the function sends, and so the chain goes on. */
  traceHeader: string;
  /** X-Ray's id of the chain. */
  root: string;
  /** How often the function has been invoked in the chain, this time included. */
  invocations: number;
}

/** Counts stop here: the limit is far below, and the header stays short. */
const MOST_COUNTED = 255;

/**
 * The next invocation of a function in the chain of what invokes it: `traceHeaders` are those of a request, or of the
 * messages of a batch. Of several chains the longest counts, for each function; which one AWS takes is not documented.
 * A request without a header, or with one that cannot be read, begins a chain with `newRoot` as its id.
 *
 * AWS counts in the `Lineage` of the header and documents no form of it. Here it is the number of hops, then a hash and
 * a count for each function that the chain has come through. So it does not grow with the chain.
 */
export function nextInChain(
  traceHeaders: readonly string[],
  functionName: string,
  newRoot: () => string,
): ChainLink {
  const own = hashOf(functionName);
  const chains = traceHeaders.flatMap((header) => readHeader(header) ?? []);
  const [longest] = [...chains].sort((one, other) => countOf(own, other) - countOf(own, one));
  const root = longest?.root ?? newRoot();
  const counts = new Map<string, number>();
  for (const [hash, count] of chains.flatMap((chain) => [...chain.counts])) {
    counts.set(hash, Math.max(count, counts.get(hash) ?? 0));
  }
  const invocations = Math.min(MOST_COUNTED, (counts.get(own) ?? 0) + 1);
  counts.set(own, invocations);
  return { root, invocations, traceHeader: writeHeader({ root, counts }) };
}

/** A new id of a chain, as X-Ray makes them. `uuid` is a new UUID. */
export function newRoot(now: number, uuid: string): string {
  const seconds = Math.floor(now / 1000)
    .toString(16)
    .padStart(8, '0');
  return `1-${seconds}-${uuid.replaceAll('-', '').slice(0, 24)}`;
}

interface Chain {
  root: string;
  /** Hash of a function's name → how often it has been invoked. */
  counts: ReadonlyMap<string, number>;
}

const countOf = (hash: string, { counts }: Chain) => counts.get(hash) ?? 0;

function hashOf(functionName: string): string {
  return createHash('sha256').update(functionName).digest('hex').slice(0, 8);
}

const LINEAGE = /^\d+:([0-9a-f]{8}:\d{1,3}(\||$))+$/;

/** Such as `Root=1-65a1c1f0-0123456789abcdef01234567;Lineage=3:0a1b2c3d:2|4e5f6071:1`. */
function writeHeader({ root, counts }: Chain): string {
  const hops = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const entries = [...counts].map(([hash, count]) => `${hash}:${count}`);
  return `Root=${root};Lineage=${hops}:${entries.join('|')}`;
}

function readHeader(header: string): Chain | undefined {
  const fields = Object.fromEntries(header.split(';').map((field) => field.trim().split('=', 2)));
  const { Root: root = '', Lineage: lineage = '' }: { Root?: string; Lineage?: string } = fields;
  if (root === '') return undefined;
  if (!LINEAGE.test(lineage)) return { root, counts: new Map() };
  const entries = lineage.slice(lineage.indexOf(':') + 1).split('|');
  const counts = entries.map((entry) => entry.split(':') as [string, string]);
  return { root, counts: new Map(counts.map(([hash, count]) => [hash, Number(count)])) };
}
