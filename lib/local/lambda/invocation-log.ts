import type { Invocation } from '../faults.ts';
import type { InvocationResult } from '../invoke.ts';
import type { Time } from '../time.ts';

/** What is remembered of an invocation: nothing of its event or its answer, which may hold secrets. */
export interface LoggedInvocation {
  /** 1, 2, 3… in the order in which they ended. */
  number: number;
  functionName: string;
  requestId: string;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  ok: boolean;
  errorType?: string;
  errorMessage?: string;
}

/** The invocations that ended last. */
export interface InvocationLog {
  /** Notes the beginning; the function that it returns notes the end. */
  begin(
    invocation: Pick<Invocation, 'functionName'> & { requestId: string },
  ): (result: InvocationResult) => void;
  /** Those with a greater number, oldest first, as far as they are kept; `last` is the newest number of all. */
  after(number: number): { last: number; invocations: LoggedInvocation[] };
}

const KEPT = 500;

export function createInvocationLog(time: Time): InvocationLog {
  const kept: LoggedInvocation[] = [];
  let last = 0;
  return {
    begin({ functionName, requestId }) {
      const startedAt = time.now();
      return (result) => {
        last += 1;
        kept.push({
          number: last,
          functionName,
          requestId,
          startedAt: new Date(startedAt).toISOString(),
          durationMs: time.now() - startedAt,
          ok: result.ok,
          ...(!result.ok && { errorType: result.error.errorType, errorMessage: result.error.errorMessage }),
        });
        if (kept.length > KEPT) kept.shift();
      };
    },
    after: (number) => ({ last, invocations: kept.filter((invocation) => invocation.number > number) }),
  };
}
