import type { SQSEvent } from 'aws-lambda';
import type { Queue } from '../../../lib/local/description.ts';
import type { InvocationResult } from '../../../lib/local/invoke.ts';
import { createSqs, type Sqs } from '../../../lib/local/sqs/create-sqs.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';

export const failure: InvocationResult = {
  ok: false,
  error: { errorType: 'Error', errorMessage: 'no', trace: [] },
};

/** The answer of a function that reports these messages as failed. */
export const reporting = (...ids: unknown[]): InvocationResult => ({
  ok: true,
  payload: { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) },
});

const fifo = { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' } as const;

export interface Mapping {
  sqs: Sqs;
  time: ManualTime;
  /** What the function was given, in order. */
  events: SQSEvent[];
  /** The trace headers of each invocation. */
  chains: unknown[];
  printed: string[];
  /** The bodies of the messages of each invocation. */
  bodies(): string[][];
}

/** The queues `jobs` and `rooms.fifo`, whose messages one function gets. Of both, a message that failed twice is a dead letter. */
export function startMapping(
  answer: (event: SQSEvent) => InvocationResult | Promise<InvocationResult>,
  consumer: Partial<Queue['consumer']> = {},
): Mapping {
  const works = { function: 'work', batchSize: 10, reportBatchItemFailures: false, ...consumer };
  const common = { delaySeconds: 0, visibilityTimeoutSeconds: 60, consumer: works };
  const dead = { delaySeconds: 0, visibilityTimeoutSeconds: 60 };
  const time = manualTime(1_000);
  const events: SQSEvent[] = [];
  const chains: unknown[] = [];
  const printed: string[] = [];
  let count = 0;
  const sqs = createSqs({
    queues: {
      jobs: { ...common, redrive: { deadLetterQueue: 'dead', maxReceiveCount: 2 } },
      dead,
      'rooms.fifo': { ...common, fifo, redrive: { deadLetterQueue: 'dead.fifo', maxReceiveCount: 2 } },
      'dead.fifo': { ...dead, fifo },
    },
    endpoint: 'http://localhost:4001',
    region: 'eu-west-1',
    invoke: async (functionName, event, traceHeaders) => {
      if (functionName !== 'work') throw new Error(`another function was invoked: ${functionName}`);
      chains.push(traceHeaders);
      events.push(event as SQSEvent);
      return answer(event as SQSEvent);
    },
    time,
    newId: () => `id-${++count}`,
    print: (line) => printed.push(line),
  });
  const bodies = () => events.map(({ Records }) => Records.map(({ body }) => body));
  return { sqs, time, events, chains, printed, bodies };
}
