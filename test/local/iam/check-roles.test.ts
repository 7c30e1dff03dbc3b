import { expect, it } from 'vitest';
import type { Statement } from '../../../lib/local/description.ts';
import { startToy } from '../toy-stack.ts';

const queue = { delaySeconds: 0, visibilityTimeoutSeconds: 30 };
const consumer = { function: 'work', batchSize: 10, reportBatchItemFailures: false };
const LATER = 'arn:aws:sqs:eu-west-1:000000000000:later';
const LOST = 'arn:aws:sqs:eu-west-1:000000000000:lost';

const polling = (...actions: string[]): Statement[] => [
  { actions: actions.map((action) => `sqs:${action}`), resources: [LATER] },
];

async function start(statements: Statement[], onFailureQueue?: string): Promise<void> {
  const settings = { maximumRetryAttempts: 0, maximumEventAgeSeconds: 60 } as const;
  const toy = await startToy({
    handlers: { work: async () => undefined },
    routes: {},
    adapt: (stack) => ({
      ...stack,
      functions: {
        work: {
          environment: {},
          timeoutSeconds: 3,
          statements,
          ...(onFailureQueue !== undefined && { asynchronous: { ...settings, onFailureQueue } }),
        },
      },
      queues: { later: { ...queue, ...(onFailureQueue === undefined && { consumer }) }, lost: queue },
    }),
  });
  await toy.close();
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
it('an event source mapping polls in the role of its function, which may receive, delete and ask for attributes', async () => {
  await start(polling('ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'));
});

it.each([
  ['ReceiveMessage', polling('DeleteMessage', 'GetQueueAttributes')],
  ['DeleteMessage', polling('ReceiveMessage', 'GetQueueAttributes')],
  ['GetQueueAttributes', polling('ReceiveMessage', 'DeleteMessage')],
])('an event source mapping does not start if its role does not allow %s', async (action, statements) => {
  const needed = `The role of work does not allow sqs:${action} on ${LATER}, which Lambda needs to poll the queue for it`;
  await expect(start(statements)).rejects.toThrow(needed);
});

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations
it('an on-failure destination is sent to in the role of the function', async () => {
  await start([{ actions: ['sqs:SendMessage'], resources: [LOST] }], 'lost');
});

it('an on-failure destination does not start if that role may not send there', async () => {
  const needed = `The role of work does not allow sqs:SendMessage on ${LOST}, which Lambda needs to send the record of a failed event`;
  await expect(start([{ actions: ['sqs:SendMessage'], resources: [LATER] }], 'lost')).rejects.toThrow(needed);
});

it('a role whose statement IAM would not take does not start, and is named', async () => {
  await expect(start([{ actions: ['sqs:SendMessage'], resources: ['later'] }])).rejects.toThrow(
    'The role of work: The resource later must be an ARN that names its service, or *',
  );
});
