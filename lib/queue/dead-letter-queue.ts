import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetterEvent } from '../core/lane/give-up.ts';
import type { LoggedEvent } from '../core/room-log.ts';
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

/** Dead-letters an event of a room's log, in the form in which it came from the bus, with the place that it had. */
export function deadLetterOfRoom(deadLetter: DeadLetter): DeadLetterEvent {
  return async ({ roomId, epoch, seq, event }, error) => {
    // Not its message: it may quote the event.
    const reason = `the room cannot be sent it: ${error instanceof Error ? error.name : 'unknown error'}`;
    await deadLetter(
      { ...(event && busEventOf(roomId, event)), roomId, epoch, seq },
      'undeliverable',
      reason,
    );
  };
}

function busEventOf(roomId: string, { id, type, publishedAt, data }: LoggedEvent): object {
  return { id, 'detail-type': type, detail: { roomId, id, publishedAt, data: JSON.parse(data) } };
}
