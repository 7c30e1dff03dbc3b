import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { onAuthDeadline } from '../../../lib/lambda/on-auth-deadline.ts';
import { authDeadlineQueue, connectionIdOfDeadline } from '../../../lib/queue/queues.ts';
import { noLog, recordingLog } from '../../support/recording-log.ts';

const record = (messageId: string, connectionId: string) => ({
  messageId,
  body: JSON.stringify({ connectionId }),
});

it('the handler of the deadlines enforces every record and reports none if all went well', async () => {
  const enforced: string[] = [];
  const handler = onAuthDeadline(noLog, async (connectionId) => void enforced.push(connectionId));
  const response = await handler({ Records: [record('m1', 'a='), record('m2', 'b=')] });
  expect(enforced).toEqual(['a=', 'b=']);
  expect(response).toEqual({ batchItemFailures: [] });
});

it('the handler of the deadlines reports only the records that failed, so that only they come again', async () => {
  const recorded = recordingLog();
  const handler = onAuthDeadline(recorded.log, async (connectionId) => {
    if (connectionId === 'b=') throw new Error('API Gateway did not close it');
  });
  const response = await handler({ Records: [record('m1', 'a='), record('m2', 'b='), record('m3', 'c=')] });
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
  expect(recorded.lines).toMatchObject([
    { level: 'error', name: 'auth_deadline_failed', fields: { messageId: 'm2', connectionId: 'b=' } },
  ]);
});

it.each(['', 'no JSON', 'null', '{}', '{"connectionId":7}'])(
  'the handler of the deadlines reports the body %j, which names no connection',
  async (body) => {
    const enforced: string[] = [];
    const handler = onAuthDeadline(noLog, async (connectionId) => void enforced.push(connectionId));
    const response = await handler({ Records: [{ messageId: 'm1', body }, record('m2', 'b=')] });
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(enforced).toEqual(['b=']);
  },
);

it('the queue of the deadlines carries the connection to the handler that reads it', async () => {
  const client = new SQSClient();
  const sqs = mockClient(client);
  await authDeadlineQueue(client, 'http://queue.test/deadlines')('L0SM9cOFvHcCIhw=');
  const [call] = sqs.commandCalls(SendMessageCommand);
  const { QueueUrl, MessageBody } = call?.args[0].input ?? {};
  expect(QueueUrl).toBe('http://queue.test/deadlines');
  expect(connectionIdOfDeadline(MessageBody ?? '')).toBe('L0SM9cOFvHcCIhw=');
});

it('a queue that does not take the deadline fails the connect', async () => {
  const client = new SQSClient();
  mockClient(client).on(SendMessageCommand).rejects(new Error('SQS does not answer'));
  const schedule = authDeadlineQueue(client, 'http://queue.test/deadlines');
  await expect(schedule('c=')).rejects.toThrow('SQS does not answer');
});
