import type { InvocationResult } from '../invoke.ts';
import type { Time } from '../time.ts';

/** Not more often: a flood of refusals is one thing to tell. */
const TELL_EVERY_MS = 1_000;

/** The invocations that run at the same time, and how many may. */
export interface Concurrency {
  /** Runs the invocation, unless as many are running as the account may: then the result is a throttled one. */
  run(functionName: string, invocation: () => Promise<InvocationResult>): Promise<InvocationResult>;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html */
export function createConcurrency(options: {
  limit: number;
  time: Time;
  print: (line: string) => void;
}): Concurrency {
  const { limit, time, print } = options;
  let running = 0;
  let toldAt = Number.NEGATIVE_INFINITY;

  function tell(functionName: string): void {
    if (time.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = time.now();
    print(`lambda: ${functionName} is throttled: ${limit} invocations run, as many as the account may`);
  }

  return {
    async run(functionName, invocation) {
      if (running >= limit) {
        tell(functionName);
        return throttled();
      }
      running += 1;
      try {
        return await invocation();
      } finally {
        running -= 1;
      }
    },
  };
}

function throttled(): InvocationResult {
  const error = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.', trace: [] };
  return { ok: false, throttled: true, error };
}
