import type { Queue } from '../description.ts';
import { type Input, textList } from './input.ts';
import { DEFAULT_RETENTION_SECONDS } from './queue-settings.ts';
import { LARGEST_MESSAGE_BYTES } from './send-message.ts';
import type { ServedQueue } from './served-queue.ts';

/** What GetQueueAttributes answers of those that are asked for. */
export function queueAttributes(
  { queue, settings, arn }: ServedQueue,
  queues: ReadonlyMap<string, ServedQueue>,
  input: Input,
): Record<string, string> {
  const { visible, delayed, inFlight } = queue.count();
  const { redrive, fifo } = settings;
  const all = {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    DelaySeconds: String(settings.delaySeconds),
    VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(settings.retentionSeconds ?? DEFAULT_RETENTION_SECONDS),
    MaximumMessageSize: String(LARGEST_MESSAGE_BYTES),
    ...(redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: queues.get(redrive.deadLetterQueue)?.arn,
        maxReceiveCount: redrive.maxReceiveCount,
      }),
    }),
    ...(fifo && fifoAttributes(fifo)),
  };
  const names = textList(input, 'AttributeNames');
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)),
  );
}

function fifoAttributes({ deduplicationScope, throughputLimit }: NonNullable<Queue['fifo']>) {
  return {
    FifoQueue: 'true',
    ContentBasedDeduplication: 'false',
    DeduplicationScope: deduplicationScope,
    FifoThroughputLimit: throughputLimit,
  };
}
