import { AsyncLocalStorage } from 'node:async_hooks';
import type { LambdaError } from './lambda-error.ts';

/** The invocation on whose behalf code is running. */
export interface RunningInvocation {
  functionName: string;
  requestId: string;
  /** What Lambda sets in the environment for each invocation. */
  environment: { _X_AMZN_TRACE_ID?: string };
  /** It has returned, thrown or timed out: whatever still runs in its name would be frozen in AWS. */
  ended: boolean;
  /**
   * Its environment has ended with it: it timed out, exited or threw where nobody catches. AWS kills what still runs
   * there, so that no call of it that begins from now on is served.
   */
  killed: boolean;
  /** Its late work has been reported. */
  reported: boolean;
  /** Ends it with this error, unless it has ended, and its environment. */
  fail: (error: LambdaError) => void;
  /** Takes lines that the function writes: they are kept, and those that a developer should see are printed. */
  write: (lines: readonly string[]) => void;
  print: (text: string) => void;
}

/** Follows an invocation through promises, timers and sockets, also those that outlive it. */
export const invocationScope = new AsyncLocalStorage<RunningInvocation>();
