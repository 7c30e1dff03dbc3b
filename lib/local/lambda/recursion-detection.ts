import type { LambdaFunction } from '../description.ts';
import type { InvocationResult } from '../invoke.ts';
import type { Time } from '../time.ts';
import { newRoot, nextInChain } from './invocation-chain.ts';

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
