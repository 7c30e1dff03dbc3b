import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from 'vitest';
import { manualTime } from '../support/manual-time.ts';
import { startToy, type Toy } from './toy-stack.ts';

let toy: Toy | undefined;
afterEach(() => toy?.close());

test('an event whose function keeps failing ends in the queue for failures, with its retries counted', async () => {
  const time = manualTime();
  const startedAt = time.now();
  const attempts: number[] = [];
  toy = await startToy({
    time,
    routes: {},
    handlers: {
      async greet() {
        attempts.push(time.now() - startedAt);
        throw new TypeError('nobody there');
      },
    },
    adapt: (stack) => ({
      ...stack,
      functions: {
        greet: {
          environment: {},
          timeoutSeconds: 3,
          statements: [{ actions: ['sqs:SendMessage'], resources: ['arn:aws:sqs:*:*:lost'] }],
          asynchronous: { maximumRetryAttempts: 1, maximumEventAgeSeconds: 3600, onFailureQueue: 'lost' },
        },
      },
      eventBus: { name: 'bus', rules: [{ name: 'all', pattern: { source: ['toy'] }, function: 'greet' }] },
      queues: { lost: { delaySeconds: 0, visibilityTimeoutSeconds: 30 } },
    }),
  });
  const client = { endpoint: toy.endpoint, maxAttempts: 1 };

  const entry = { EventBusName: 'bus', Source: 'toy', DetailType: 'hello', Detail: '{"to":"alice"}' };
  await new EventBridgeClient(client).send(new PutEventsCommand({ Entries: [entry] }));
  await expect.poll(() => attempts).toEqual([0]);
  await time.advance(60_000);
  await expect.poll(() => attempts).toEqual([0, 60_000]);

  const sqs = new SQSClient(client);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'lost' }));
  // A long poll, because the second attempt may not have ended.
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  expect(JSON.parse(Messages?.[0]?.Body ?? '')).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
    requestPayload: { source: 'toy', detail: { to: 'alice' } },
    responsePayload: { errorType: 'TypeError', errorMessage: 'nobody there' },
  });
});
