import { createHash } from 'node:crypto';
import type { LambdaFunction } from '../description.ts';
import type { InvocationResult } from '../invoke.ts';
import type { Time } from '../time.ts';

/**
 * Lambda invokes a function approximately this many times in one chain and refuses the next invocation.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export const MAX_CHAIN = 16;

export interface RecursionDetection {
  /** The trace header for the next invocation of a function, or the result of a refused invocation. */
  admit(functionName: string, traceHeaders: readonly string[]): { traceHeader: string } | InvocationResult;
  /** How many invocations were refused, by function: CloudWatch's `RecursiveInvocationsDropped`. */
  dropped(): Record<string, number>;
}

/**
 * Lambda's detection of recursive loops. It stops a function whose own messages invoke it again, unless its description
 * allows the loop. A chain continues through Invoke and SQS, by the trace header. Any other invocation starts a new chain,
 * as in AWS.
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
      if (link.invocations <= MAX_CHAIN || functions[functionName]?.recursiveLoop === 'allow') {
        return { traceHeader: link.traceHeader };
      }
      dropped.set(functionName, (dropped.get(functionName) ?? 0) + 1);
      print(
        `lambda: ${functionName} is not run: it has been invoked ${MAX_CHAIN} times in one chain (${link.root}), and Lambda stops such a loop. ` +
          "Make the chain shorter. If it always ends, allow it for this function: recursiveLoop: 'allow'",
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

/** The position of an invocation in its chain of invocations. */
interface ChainLink {
  /** The value of `_X_AMZN_TRACE_ID`. SDKs send it with every call of the function, which continues the chain. */
  traceHeader: string;
  /** X-Ray's id of the chain. */
  root: string;
  /** How often the function has been invoked in the chain, including this time. */
  invocations: number;
}

/** Counts stop here, far above the limit, so that the header stays short. */
const MAX_COUNTED = 255;

/**
 * The next invocation of a function in the chain that invokes it. `traceHeaders` come from a request, or from the messages of
 * a batch. With several chains the highest count of each function applies; AWS does not document which chain it takes. A
 * request without a readable header starts a chain with `newRoot` as its id.
 *
 * AWS counts in the `Lineage` field of the header and does not document its form. Here it is the number of hops, then a hash
 * and a count for each function in the chain. So it does not grow with the length of the chain.
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
  const invocations = Math.min(MAX_COUNTED, (counts.get(own) ?? 0) + 1);
  counts.set(own, invocations);
  return { root, invocations, traceHeader: writeHeader({ root, counts }) };
}

/** A new chain id in the form of X-Ray. `now` is in epoch milliseconds, `uuid` is a new UUID. */
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
