import type { LambdaFunction } from '../description.ts';
import type { InvocationResult, Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const RETRY_DELAYS_MS = [60_000, 120_000];
const DEFAULTS = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 6 * 60 * 60 } as const;

export interface InvokeAsynchronouslyOptions {
  functions: Record<string, LambdaFunction>;
  region: string;
  invoke: Invoke;
  sendToQueue(queueName: string, message: { body: string }): void;
  time: Time;
  newId(): string;
  print(line: string): void;
}

type FunctionError = Extract<InvocationResult, { ok: false }>['error'];

interface QueuedEvent {
  functionName: string;
  requestId: string;
  /** As JSON: a function that changed its event must not meet the change again on a retry. */
  payload: string;
  queuedAt: number;
  attempts: number;
}

type Condition = 'RetriesExhausted' | 'EventAgeExceeded';

/**
 * Lambda's asynchronous invocation, of a function and its event as JSON. Returns at once; a failing function is tried again after one minute and
 * after two more. An event that is given up goes to the function's `onFailureQueue`, if it has one.
 */
export function createInvokeAsynchronously(
  options: InvokeAsynchronouslyOptions,
): (functionName: string, payload: string) => void {
  const { functions, invoke, time } = options;

  async function attempt(event: QueuedEvent): Promise<void> {
    const result = await invoke(event.functionName, JSON.parse(event.payload));
    event.attempts += 1;
    if (result.ok) return;
    const settings = functions[event.functionName]?.asynchronous ?? DEFAULTS;
    const delay = RETRY_DELAYS_MS[event.attempts - 1];
    if (delay === undefined || event.attempts > settings.maximumRetryAttempts) {
      giveUp(event, 'RetriesExhausted', result.error);
    } else if (time.now() + delay - event.queuedAt > settings.maximumEventAgeSeconds * 1000) {
      // Known now rather than in a minute: the event will be too old by then.
      giveUp(event, 'EventAgeExceeded', result.error);
    } else {
      time.after(delay, () => void attempt(event));
    }
  }

  function giveUp(event: QueuedEvent, condition: Condition, error: FunctionError): void {
    const { functionName, requestId, attempts } = event;
    const queue = functions[functionName]?.asynchronous?.onFailureQueue;
    const fate = queue === undefined ? 'it is lost' : `it goes to the queue ${queue}`;
    options.print(
      `lambda: ${functionName} failed ${attempts}×, event ${requestId} is given up (${condition}), ${fate}`,
    );
    if (queue === undefined) return;
    const record = failureRecord(event, { condition, error, now: time.now(), region: options.region });
    options.sendToQueue(queue, { body: JSON.stringify(record) });
  }

  return (functionName, payload) => {
    void attempt({ functionName, requestId: options.newId(), payload, queuedAt: time.now(), attempts: 0 });
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
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: error,
  };
}
