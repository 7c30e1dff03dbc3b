import type { Queue, StackDescription } from '../description.ts';
import { outOfRange, type Range } from '../out-of-range.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
const DELAY_SECONDS: Range = { min: 0, max: 900 };
const VISIBILITY_SECONDS: Range = { min: 0, max: 43_200 };
const RETENTION_SECONDS: Range = { min: 60, max: 1_209_600 };
const RECEIVE_COUNT: Range = { min: 1, max: 1_000 };
const QUEUE_NAME = /^[\w-]{1,80}$/;
const FIFO_SUFFIX = '.fifo';

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html */
const FIFO_BATCH_SIZE: Range = { min: 1, max: 10 };
/** More than ten need a batching window, which the description does not have. */
const BATCH_SIZE: Range = { min: 1, max: 10_000 };
/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const MAXIMUM_CONCURRENCY: Range = { min: 2, max: 1_000 };

/** What SQS and Lambda would refuse about the queues of a stack and their consumers: a sentence each. */
export function queueViolations({
  queues,
  functions,
}: Pick<StackDescription, 'queues' | 'functions'>): string[] {
  return Object.entries(queues).flatMap(([name, queue]) => [
    ...nameViolations(name, queue.fifo),
    ...outOfRange(`queue ${name}: delaySeconds`, queue.delaySeconds, DELAY_SECONDS),
    ...outOfRange(
      `queue ${name}: visibilityTimeoutSeconds`,
      queue.visibilityTimeoutSeconds,
      VISIBILITY_SECONDS,
    ),
    ...outOfRange(`queue ${name}: retentionSeconds`, queue.retentionSeconds, RETENTION_SECONDS),
    ...scopeViolations(name, queue.fifo),
    ...redriveViolations(name, queue, queues),
    ...consumerViolations(name, queue, functions),
  ]);
}

function nameViolations(name: string, fifo: Queue['fifo']): string[] {
  const isNamedFifo = name.endsWith(FIFO_SUFFIX);
  if (fifo && !isNamedFifo) return [`queue ${name}: the name of a FIFO queue must end in ${FIFO_SUFFIX}`];
  if (!fifo && isNamedFifo) return [`queue ${name}: only the name of a FIFO queue may end in ${FIFO_SUFFIX}`];
  const isValid =
    name.length <= 80 && QUEUE_NAME.test(isNamedFifo ? name.slice(0, -FIFO_SUFFIX.length) : name);
  return isValid ? [] : [`queue ${name}: a name has at most 80 letters, digits, hyphens and underscores`];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/enable-high-throughput-fifo.html */
function scopeViolations(name: string, fifo: Queue['fifo']): string[] {
  if (fifo?.throughputLimit !== 'perMessageGroupId' || fifo.deduplicationScope === 'messageGroup') return [];
  return [`queue ${name}: its throughput limit is per message group, so its deduplication must be too`];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html */
function redriveViolations(name: string, { redrive, fifo }: Queue, queues: Record<string, Queue>): string[] {
  if (redrive === undefined) return [];
  const { deadLetterQueue, maxReceiveCount } = redrive;
  const described = queues[deadLetterQueue];
  const kind = fifo ? 'FIFO' : 'standard';
  return [
    ...outOfRange(`queue ${name}: maxReceiveCount`, maxReceiveCount, RECEIVE_COUNT),
    ...(described === undefined
      ? [`queue ${name}: its dead-letter queue ${deadLetterQueue} is no queue of the stack`]
      : []),
    ...(described && (described.fifo === undefined) !== (fifo === undefined)
      ? [
          `queue ${name}: the dead-letter queue of a ${kind} queue must be a ${kind} queue: ${deadLetterQueue}`,
        ]
      : []),
  ];
}

/** Some are said with the words of Lambda, by which they can be searched for. */
function consumerViolations(
  name: string,
  { consumer, fifo, visibilityTimeoutSeconds: visibility }: Queue,
  functions: StackDescription['functions'],
): string[] {
  if (consumer === undefined) return [];
  const { batchSize, maximumConcurrency } = consumer;
  const timeout = functions[consumer.function]?.timeoutSeconds;
  return [
    ...outOfRange(`queue ${name}: batchSize`, batchSize, fifo ? FIFO_BATCH_SIZE : BATCH_SIZE),
    ...(!fifo && batchSize > 10
      ? [
          `queue ${name}: Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10`,
        ]
      : []),
    ...outOfRange(`queue ${name}: maximumConcurrency`, maximumConcurrency, MAXIMUM_CONCURRENCY),
    ...(timeout === undefined
      ? [`queue ${name}: its consumer ${consumer.function} is no function of the stack`]
      : []),
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    ...(timeout !== undefined && visibility < timeout
      ? [
          `queue ${name}: Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`,
        ]
      : []),
  ];
}
