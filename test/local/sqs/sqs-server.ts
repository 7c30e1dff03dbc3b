import { SQSClient } from '@aws-sdk/client-sqs';
import { createSqs, type Sqs } from '../../../lib/local/sqs/create-sqs.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { serveAwsJson } from '../../support/serve-aws-json.ts';

const plain = { delaySeconds: 0, visibilityTimeoutSeconds: 30 };
const fifo = { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' } as const;

export interface SqsServer {
  url: string;
  sqs: Sqs;
  time: ManualTime;
  client: SQSClient;
  close(): Promise<void>;
}

/** SQS behind an SDK client that does not retry. Of `jobs` and `rooms.fifo`, a message that was received once is a dead letter. */
export async function startSqsServer(): Promise<SqsServer> {
  const time = manualTime();
  const server = await serveAwsJson(() => sqs.service);
  const sqs = createSqs({
    queues: {
      jobs: { ...plain, redrive: { deadLetterQueue: 'jobs-dead', maxReceiveCount: 1 } },
      'jobs-dead': plain,
      slow: { ...plain, delaySeconds: 60 },
      'rooms.fifo': { ...plain, fifo, redrive: { deadLetterQueue: 'dead.fifo', maxReceiveCount: 1 } },
      'dead.fifo': { ...plain, fifo: { deduplicationScope: 'queue', throughputLimit: 'perQueue' } },
    },
    endpoint: server.url,
    region: 'eu-west-1',
    invoke: async () => ({ ok: true, payload: null }),
    time,
    newId: () => crypto.randomUUID(),
    print: () => undefined,
  });
  const client = new SQSClient({ endpoint: server.url, maxAttempts: 1 });
  return {
    url: server.url,
    sqs,
    time,
    client,
    async close() {
      client.destroy();
      await sqs.close();
      await server.close();
    },
  };
}
