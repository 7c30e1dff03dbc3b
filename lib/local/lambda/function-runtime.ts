import { DEFAULT_MEMORY_MB, type LambdaFunction } from '../description.ts';
import type { Faults } from '../faults.ts';
import type { InvocationResult, Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';
import { invocationScope, type RunningInvocation } from './function-isolation.ts';
import {
  type FunctionLog,
  type InvocationLog,
  type LogEntry,
  logEntry,
  readableLogLine,
} from './function-log.ts';
import { type LoadHandler, lambdaContext } from './handler.ts';
import { describeFailure, lambdaError, lost, responseTooLarge, timedOut } from './lambda-error.ts';
import type { RecursionDetection } from './recursion-detection.ts';

/** 6 MB and 100 bytes: the number in Lambda's own error message. */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100;

interface LambdaRuntimeOptions {
  functions: Record<string, LambdaFunction>;
  loadHandler: LoadHandler;
  region: string;
  time: Time;
  faults: Faults;
  /** How many invocations may run at the same time, over all functions. */
  concurrency: number;
  print: (line: string) => void;
  newRequestId: () => string;
  invocations: InvocationLog;
  functionLog: FunctionLog;
  /** Whether a line of a structured log is printed. Every line is kept, printed or not. */
  isShown: (entry: LogEntry) => boolean;
  recursion: RecursionDetection;
}

interface LambdaRuntime {
  invoke: Invoke;
  /** Resolves when no invocation is running, including those that start during the wait. */
  settled(): Promise<void>;
}

/** Runs handlers in this process: concurrently, each invocation with its own context and timeout. */
export function createLambdaRuntime(options: LambdaRuntimeOptions): LambdaRuntime {
  const running = new Set<Promise<unknown>>();
  const { time, print } = options;
  const concurrency = createConcurrency({ limit: options.concurrency, time, print });

  const invoke: Invoke = (functionName, event, traceHeaders = []) => {
    const admitted = options.recursion.admit(functionName, traceHeaders);
    if ('ok' in admitted) return Promise.resolve(admitted);
    const result = invokeWithFaults(options, concurrency, { functionName, event, ...admitted });
    running.add(result);
    void result.finally(() => running.delete(result));
    return result;
  };

  return {
    invoke,
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

interface Call {
  functionName: string;
  event: unknown;
  traceHeader: string;
}

async function invokeWithFaults(
  options: LambdaRuntimeOptions,
  concurrency: Concurrency,
  call: Call,
): Promise<InvocationResult> {
  const { functionName, event } = call;
  const times = (await options.faults.onInvoke?.({ functionName, event })) ?? 1;
  if (times < 1) return { ok: false, error: lost(options.newRequestId()) };
  const run = () => concurrency.run(functionName, () => invokeOnce(options, call));
  return Promise.race(Array.from({ length: times }, run));
}

async function invokeOnce(
  options: LambdaRuntimeOptions,
  { functionName, event, traceHeader }: Call,
): Promise<InvocationResult> {
  const { print, newRequestId } = options;
  const requestId = newRequestId();
  const invocation: RunningInvocation = {
    functionName,
    requestId,
    environment: { _X_AMZN_TRACE_ID: traceHeader },
    ended: false,
    killed: false,
    reported: false,
    fail: () => undefined,
    write: (lines) => writeLines(options, { functionName, requestId }, lines),
    print,
  };
  const end = options.invocations.begin(invocation);
  const result = await firstOf(options, invocation, event);
  invocation.ended = true;
  end(result);
  if (!result.ok) print(describeFailure(functionName, invocation.requestId, result.error));
  return result;
}

function writeLines(
  { functionLog, isShown, print }: LambdaRuntimeOptions,
  of: { functionName: string; requestId: string },
  lines: readonly string[],
): void {
  const shown = lines.filter((text) => {
    functionLog.add({ ...of, text });
    const entry = logEntry(text);
    return entry === undefined || isShown(entry);
  });
  if (shown.length > 0) print(shown.map((line) => `${of.functionName}: ${readableLogLine(line)}`).join('\n'));
}

/** The first of: the handler's answer, the timeout, or an error that ends its environment. The handler itself cannot be stopped. */
function firstOf(
  options: LambdaRuntimeOptions,
  invocation: RunningInvocation,
  event: unknown,
): Promise<InvocationResult> {
  const timeoutSeconds = options.functions[invocation.functionName]?.timeoutSeconds;
  if (timeoutSeconds === undefined) return Promise.resolve(notFound(invocation.functionName));
  return new Promise((resolve) => {
    const timeoutMs = timeoutSeconds * 1000;
    const end = (result: InvocationResult) => {
      cancelTimeout();
      resolve(result);
    };
    invocation.fail = (error) => {
      invocation.killed = true;
      end({ ok: false, error });
    };
    const cancelTimeout = options.time.after(timeoutMs, () =>
      invocation.fail(timedOut(invocation.requestId, timeoutSeconds)),
    );
    void runHandler(options, invocation, event, options.time.now() + timeoutMs).then(end);
  });
}

async function runHandler(
  options: LambdaRuntimeOptions,
  invocation: RunningInvocation,
  event: unknown,
  deadline: number,
): Promise<InvocationResult> {
  const { functionName, requestId } = invocation;
  const { region, time } = options;
  const memoryMB = options.functions[functionName]?.memoryMB ?? DEFAULT_MEMORY_MB;
  const context = lambdaContext({
    functionName,
    requestId,
    region,
    memoryMB,
    deadline,
    now: () => time.now(),
  });
  try {
    const handler = await options.loadHandler(functionName);
    const received: unknown = JSON.parse(JSON.stringify(event ?? null));
    const answer = await invocationScope.run(invocation, () => handler(received, context));
    return resultOf(answer);
  } catch (thrown) {
    return { ok: false, error: lambdaError(thrown) };
  }
}

/** @throws Error with the text that Lambda's own runtime uses, for a circular object or a BigInt. */
function resultOf(answer: unknown): InvocationResult {
  const json = stringified(answer) ?? 'null';
  if (Buffer.byteLength(json) > MAX_RESPONSE_BYTES) {
    return { ok: false, error: responseTooLarge(MAX_RESPONSE_BYTES) };
  }
  return { ok: true, payload: JSON.parse(json) };
}

function stringified(answer: unknown): string | undefined {
  try {
    return JSON.stringify(answer);
  } catch (cause) {
    throw new Error('Unable to stringify response body', { cause });
  }
}

function notFound(functionName: string): InvocationResult {
  const errorMessage = `Function not found: ${functionName}`;
  return { ok: false, error: { errorType: 'ResourceNotFoundException', errorMessage, trace: [] } };
}

/** Refusals are printed at most once in this time. */
const PRINT_EVERY_MS = 1_000;

/** Limits how many invocations run at the same time. */
export interface Concurrency {
  /** Runs the invocation. If the account is at its limit, it returns a throttled result instead. */
  run(functionName: string, invocation: () => Promise<InvocationResult>): Promise<InvocationResult>;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html */
function createConcurrency(options: {
  limit: number;
  time: Time;
  print: (line: string) => void;
}): Concurrency {
  const { limit, time, print } = options;
  let running = 0;
  let printedAt = Number.NEGATIVE_INFINITY;

  function printRefusal(functionName: string): void {
    if (time.now() - printedAt < PRINT_EVERY_MS) return;
    printedAt = time.now();
    print(`lambda: ${functionName} is throttled: ${limit} invocations run, the limit of the account`);
  }

  return {
    async run(functionName, invocation) {
      if (running >= limit) {
        printRefusal(functionName);
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
