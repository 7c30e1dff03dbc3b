import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { ScheduleAuthDeadline } from '../core/ports.ts';

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
