import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { sqsText } from './sqs-text.ts';

/** Puts an event aside that can never be delivered, with the reason. Throws when the queue does not take it. */
export type DeadLetter = (event: object, code: string, message: string) => Promise<void>;

// SQS takes 1 MiB, attributes included; EventBridge takes details of nearly as much.
const MAX_BODY_BYTES = 1_000_000;

/** The attributes are named like those of EventBridge's own dead letters, so one reader understands both. */
export function deadLetterQueue(client: Pick<SQSClient, 'send'>, queueUrl: string): DeadLetter {
  return async (event, code, message) => {
    const command = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: bodyOf(event),
      MessageAttributes: {
        ERROR_CODE: { DataType: 'String', StringValue: code },
        ERROR_MESSAGE: { DataType: 'String', StringValue: message },
      },
    });
    await client.send(command);
  };
}

function bodyOf(event: object): string {
  const json = stringify(event);
  const body = json && sqsText(json);
  if (body !== undefined && Buffer.byteLength(body) <= MAX_BODY_BYTES) return body;
  return JSON.stringify({ ...event, detail: null, detailOmitted: 'too large or too deep for the queue' });
}

function stringify(event: object): string | undefined {
  try {
    return JSON.stringify(event);
  } catch {
    return undefined;
  }
}
