import { createHash } from 'node:crypto';
import type { SQSBatchResponse, SQSEvent, SQSMessageAttributes, SQSRecord } from 'aws-lambda';
import { AwsError } from '../aws-json-service.ts';
import type { Queue } from '../description.ts';
import type { InvocationResult, Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';
import type { MessageAttributes } from './message-attributes.ts';
import type { MessageQueue, ReceivedMessage } from './message-queue.ts';

/**
 * The number of concurrent batches without a `maximumConcurrency`. Lambda starts with five for a standard queue and adds more;
 * five are enough here. A FIFO queue itself gives at most one batch per group.
 */
const CONCURRENT_BATCHES = 5;

/** AWS documents that Lambda retries a throttled batch, and how long, but not how often. */
const THROTTLE_DELAY_MS = 1_000;

interface EventSourceMappingOptions {
  queue: MessageQueue;
  visibilityTimeoutSeconds: number;
  time: Time;
  queueArn: string;
  region: string;
  consumer: NonNullable<Queue['consumer']>;
  invoke: Invoke;
  print(line: string): void;
}

/**
 * Lambda's event source mapping of a queue. It invokes the function with batches of messages and deletes those that succeeded.
 * Failed messages stay and are received again after the visibility timeout. If the account is at its concurrency, the batch
 * is retried until then. The invocation continues the trace chains of all messages in the batch. Returns a function that
 * stops the polling; a batch in flight ends by itself.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function startEventSourceMapping(options: EventSourceMappingOptions): () => void {
  const { queue, consumer } = options;
  let open = true;

  async function poll(): Promise<void> {
    while (open) {
      const messages = await queue.receive({
        most: consumer.batchSize,
        waitSeconds: Number.POSITIVE_INFINITY,
      });
      if (messages.length > 0) await deliver(messages);
    }
  }

  async function deliver(messages: ReceivedMessage[]): Promise<void> {
    const event = { Records: messages.map((message) => record(message, options)) };
    const traceHeaders = messages.flatMap(({ attributes }) => attributes['AWSTraceHeader'] ?? []);
    const result = await invokeWhileInvisible(event, traceHeaders);
    const ids = new Set(messages.map((message) => message.messageId));
    const failed = consumer.reportBatchItemFailures
      ? reportedFailures(result, ids)
      : result.ok
        ? new Set()
        : ids;
    deleteAll(messages.filter(({ messageId }) => !failed.has(messageId)));
    if (failed.size > 0) {
      const which = `${failed.size} of ${messages.length} messages`;
      options.print(`sqs: ${consumer.function} failed with ${which}; they stay in ${options.queueArn}`);
    }
  }

  async function invokeWhileInvisible(
    event: SQSEvent,
    traceHeaders: readonly string[],
  ): Promise<InvocationResult> {
    const visibleAgainAt = options.time.now() + options.visibilityTimeoutSeconds * 1000;
    for (;;) {
      const result = await options.invoke(consumer.function, event, traceHeaders);
      const isThrottled = !result.ok && result.throttled;
      if (!isThrottled || !open || options.time.now() + THROTTLE_DELAY_MS >= visibleAgainAt) return result;
      await new Promise<void>((resolve) => void options.time.after(THROTTLE_DELAY_MS, resolve));
    }
  }

  function deleteAll(messages: ReceivedMessage[]): void {
    for (const { messageId, receiptHandle } of messages) {
      try {
        queue.delete(receiptHandle);
      } catch (error) {
        // A FIFO queue refuses to delete a message that became visible while the function ran.
        if (!(error instanceof AwsError)) throw error;
        options.print(`sqs: ${consumer.function} finished message ${messageId} too late: ${error.message}`);
      }
    }
  }

  const batches = consumer.maximumConcurrency ?? CONCURRENT_BATCHES;
  for (let count = 0; count < batches; count += 1) void poll();
  return () => {
    open = false;
  };
}

/**
 * The ids of the failed messages, as a function with `ReportBatchItemFailures` returns them. No answer or an empty list means
 * success. An answer of another shape, or with the id of a message outside the batch, fails the whole batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function reportedFailures(result: InvocationResult, ids: Set<string>): Set<string> {
  if (!result.ok) return ids;
  const answer = (result.payload ?? {}) as Partial<SQSBatchResponse>;
  const items = typeof answer === 'object' ? (answer.batchItemFailures ?? []) : undefined;
  if (!Array.isArray(items)) return ids;
  const failed = items.map((item) => item?.itemIdentifier);
  return failed.every((id) => ids.has(id)) ? new Set(failed) : ids;
}

function record(message: ReceivedMessage, { queueArn, region }: EventSourceMappingOptions): SQSRecord {
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.attributes as unknown as SQSRecord['attributes'],
    messageAttributes: lambdaAttributes(message.messageAttributes),
    md5OfBody: createHash('md5').update(message.body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

/** In a Lambda event the names start with a small letter, unlike in the API. */
function lambdaAttributes(attributes: MessageAttributes): SQSMessageAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType as SQSMessageAttributes[string]['dataType'],
      },
    ]),
  );
}
