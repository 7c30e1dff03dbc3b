import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';

const FIRST_SECONDS = 1;
const LONGEST_SECONDS = 30;

/** How long a message that was received so many times waits before it comes again, in seconds. */
export function retryDelay(receiveCount: number): number {
  return Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (receiveCount - 1));
}

/** Has a message that failed come again in a second, then two, four…, instead of at the end of its visibility timeout. */
export type RetrySoon = (message: { receiptHandle: string; receiveCount: number }) => Promise<void>;

export function retrySoon(client: Pick<SQSClient, 'send'>, queueUrl: string): RetrySoon {
  return async ({ receiptHandle, receiveCount }) => {
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: retryDelay(receiveCount),
      }),
    );
  };
}
