import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { ScheduleAuthDeadline } from '../core/ports.ts';
import type { LoggedEvent } from '../core/room-log.ts';
import type { DeadLetterEvent } from '../core/stream/deliver-or-skip.ts';

const deadlineSchema = v.object({ connectionId: v.string() });

/** Sends a deadline message. The delay of the queue delivers it when the time is up. */
export function authDeadlineQueue(client: Pick<SQSClient, 'send'>, queueUrl: string): ScheduleAuthDeadline {
  return async (connectionId) => {
    await client.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify({ connectionId }) }),
    );
  };
}

/** Reads a message of `authDeadlineQueue`. Throws on anything else. */
export function connectionIdOfDeadline(body: string): string {
  return v.parse(deadlineSchema, JSON.parse(body)).connectionId;
}

/** Dead-letters an event that can never be delivered, with the reason. Rejects if the queue refuses it. */
export type DeadLetter = (event: object, code: string, message: string) => Promise<void>;

// SQS accepts 1 MiB, attributes included. EventBridge accepts details of nearly that size.
const MAX_BODY_BYTES = 1_000_000;

/** Sends dead letters with the attribute names of EventBridge's own dead letters, so that one tool reads both. */
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

/** Dead-letters an event of a room's log, in the form of a bus event, with its room, epoch and number. */
export function deadLetterOfRoom(deadLetter: DeadLetter): DeadLetterEvent {
  return async ({ roomId, epoch, seq, event }, error) => {
    // Without the error's message, which may quote the event.
    const reason = `the event cannot be sent to its room: ${error instanceof Error ? error.name : 'unknown error'}`;
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
const MAX_SECONDS = 30;

/** Seconds until a message that was received so many times is redelivered: 1, 2, 4 …, at most 30. */
export function retryDelay(receiveCount: number): number {
  return Math.min(MAX_SECONDS, FIRST_SECONDS * 2 ** (receiveCount - 1));
}

/** Shortens the wait of a failed message to `retryDelay`, instead of the rest of its visibility timeout. */
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

/** JSON that SQS accepts: escapes the two characters that JSON allows and SQS, like XML, refuses. */
export function sqsText(json: string): string {
  return json.replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
