import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { ScheduleAuthDeadline } from '../core/ports.ts';
import type { LoggedEvent } from '../core/room-log.ts';
import type { DeadLetterEvent } from '../core/stream/skip-event.ts';

const deadlineSchema = v.object({ connectionId: v.string() });

/** Sends the deadline's message; the queue's own delay makes it arrive when the time is up. */
export function authDeadlineQueue(client: Pick<SQSClient, 'send'>, queueUrl: string): ScheduleAuthDeadline {
  return async (connectionId) => {
    await client.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify({ connectionId }) }),
    );
  };
}

/** Reads what `authDeadlineQueue` sent; throws on anything else. */
export function connectionIdOfDeadline(body: string): string {
  return v.parse(deadlineSchema, JSON.parse(body)).connectionId;
}

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

/** JSON as SQS takes it: it refuses the two characters that JSON leaves bare and XML does not know. */
export function sqsText(json: string): string {
  return json.replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
