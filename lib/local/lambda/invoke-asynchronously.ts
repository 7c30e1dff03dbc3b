import type { LambdaFunction } from '../description.ts';
import type { InvocationResult, Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const RETRY_DELAYS_MS = [60_000, 120_000];
const FIRST_THROTTLE_DELAY_MS = 1_000;
const MAX_THROTTLE_DELAY_MS = 5 * 60_000;
const DEFAULTS = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 6 * 60 * 60 } as const;

interface InvokeAsynchronouslyOptions {
  functions: Record<string, LambdaFunction>;
  region: string;
  invoke: Invoke;
  sendToQueue(queueName: string, message: { body: string; traceHeader?: string }): void;
  time: Time;
  newId(): string;
  print(line: string): void;
}

type FunctionError = Extract<InvocationResult, { ok: false }>['error'];

interface QueuedEvent {
  functionName: string;
  requestId: string;
  /** As JSON, so that a retry gets the original event even if the function changed it. */
  payload: string;
  traceHeaders: readonly string[];
  queuedAt: number;
  /** How often the function has run. */
  attempts: number;
  /** How often it has been throttled since its last run. */
  throttles: number;
}

type Condition = 'RetriesExhausted' | 'EventAgeExceeded';

/**
 * Lambda's asynchronous invocation of a function with its event as JSON. It returns at once.
 * - The function fails: retried after one minute, then after two more.
 * - The account is at its concurrency: retried until the event is too old, after one second, then after twice the previous
 *   delay, at most five minutes.
 * - Lambda refuses a recursive loop: given up at once.
 * An event that is given up goes to the function's `onFailureQueue`, if there is one.
 */
export function createInvokeAsynchronously(
  options: InvokeAsynchronouslyOptions,
): (functionName: string, payload: string, traceHeaders?: readonly string[]) => void {
  const { functions, invoke, time } = options;

  async function attempt(event: QueuedEvent): Promise<void> {
    const result = await invoke(event.functionName, JSON.parse(event.payload), event.traceHeaders);
    // https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html does not document the condition in the record.
    if (!result.ok && result.recursive) return giveUp(event, 'RetriesExhausted', result.error);
    if (!result.ok && result.throttled) {
      const delay = Math.min(FIRST_THROTTLE_DELAY_MS * 2 ** event.throttles, MAX_THROTTLE_DELAY_MS);
      event.throttles += 1;
      return tryAgainIn(delay, event, result.error);
    }
    event.attempts += 1;
    event.throttles = 0;
    if (result.ok) return;
    const delay = RETRY_DELAYS_MS[event.attempts - 1];
    if (delay === undefined || event.attempts > settingsOf(event).maximumRetryAttempts) {
      giveUp(event, 'RetriesExhausted', result.error);
    } else {
      tryAgainIn(delay, event, result.error);
    }
  }

  const settingsOf = ({ functionName }: QueuedEvent) => functions[functionName]?.asynchronous ?? DEFAULTS;

  function tryAgainIn(delay: number, event: QueuedEvent, error: FunctionError): void {
    const oldest = settingsOf(event).maximumEventAgeSeconds * 1000;
    // Gives up now, because the event will be too old at the next attempt.
    if (time.now() + delay - event.queuedAt > oldest) giveUp(event, 'EventAgeExceeded', error);
    else time.after(delay, () => void attempt(event));
  }

  function giveUp(event: QueuedEvent, condition: Condition, error: FunctionError): void {
    const { functionName, requestId, attempts } = event;
    const queue = functions[functionName]?.asynchronous?.onFailureQueue;
    const fate = queue === undefined ? 'it is lost' : `it moves to the queue ${queue}`;
    const notRun = error.errorType === 'RecursiveInvocationException' ? 'was refused' : 'was throttled';
    const why = attempts === 0 ? notRun : `failed ${attempts} times`;
    options.print(`lambda: ${functionName} ${why}, event ${requestId} is given up (${condition}), ${fate}`);
    if (queue === undefined) return;
    const record = failureRecord(event, { condition, error, now: time.now(), region: options.region });
    // AWS does not document this: here the chain continues through the destination queue.
    const [traceHeader] = event.traceHeaders;
    options.sendToQueue(queue, {
      body: JSON.stringify(record),
      ...(traceHeader !== undefined && { traceHeader }),
    });
  }

  return (functionName, payload, traceHeaders = []) => {
    const event = { functionName, payload, traceHeaders, queuedAt: time.now() };
    void attempt({ ...event, requestId: options.newId(), attempts: 0, throttles: 0 });
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function failureRecord(
  event: QueuedEvent,
  {
    condition,
    error,
    now,
    region,
  }: { condition: Condition; error: FunctionError; now: number; region: string },
) {
  return {
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `arn:aws:lambda:${region}:000000000000:function:${event.functionName}:$LATEST`,
      condition,
      approximateInvokeCount: event.attempts,
    },
    requestPayload: JSON.parse(event.payload) as unknown,
    // AWS does not document these fields for an event that never ran.
    ...(event.attempts > 0 && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: error,
    }),
  };
}
