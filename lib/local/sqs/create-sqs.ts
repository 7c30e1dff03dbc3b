import type { AwsJsonService } from '../aws-json-service.ts';
import type { Queue } from '../description.ts';
import type { Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';
import { startEventSourceMapping } from './event-source-mapping.ts';
import type { MessageToSend } from './message-queue.ts';
import { type ServedQueue, sqsApi } from './sqs-api.ts';
import { standardQueue } from './standard-queue.ts';

export interface SqsOptions {
  queues: Record<string, Queue>;
  /** Where this service is reached, such as `http://localhost:4001`; queue URLs begin with it. */
  endpoint: string;
  region: string;
  invoke: Invoke;
  time: Time;
  newId(): string;
  print(line: string): void;
}

export interface Sqs {
  service: AwsJsonService;
  /** Sends without the API. Throws when there is no such queue. */
  send(queueName: string, message: Pick<MessageToSend, 'body' | 'attributes' | 'delaySeconds'>): void;
  /** Throws when there is no such queue. */
  queueUrl(name: string): string;
  /** Stops the consumers and every timer. Does not wait for functions in flight. */
  close(): Promise<void>;
}

/** SQS with the queues of a stack, each with its dead-letter queue and the function that consumes it. */
export function createSqs(options: SqsOptions): Sqs {
  const { endpoint, region } = options;
  const served = new Map<string, ServedQueue>();

  function existing(name: string): ServedQueue {
    const queue = served.get(name);
    if (queue === undefined) throw new Error(`There is no queue named ${name}`);
    return queue;
  }

  for (const [name, settings] of Object.entries(options.queues)) {
    const arn = `arn:aws:sqs:${region}:000000000000:${name}`;
    const url = `${endpoint.replace(/\/$/, '')}/000000000000/${name}`;
    served.set(name, { queue: queueOf(name, settings, arn, options, existing), settings, url, arn });
  }
  for (const { redrive } of Object.values(options.queues)) if (redrive) existing(redrive.deadLetterQueue);

  const stopConsumers = [...served.values()].flatMap(({ queue, settings, arn }) => {
    const { consumer } = settings;
    return consumer ? [startEventSourceMapping({ ...options, queue, queueArn: arn, consumer })] : [];
  });

  return {
    service: sqsApi(served),
    send: (queueName, message) => void existing(queueName).queue.send(message),
    queueUrl: (name) => existing(name).url,
    async close() {
      for (const stop of stopConsumers) stop();
      for (const { queue } of served.values()) queue.close();
    },
  };
}

function queueOf(
  name: string,
  { delaySeconds, visibilityTimeoutSeconds, redrive }: Queue,
  arn: string,
  { time, newId, print }: SqsOptions,
  existing: (name: string) => ServedQueue,
) {
  return standardQueue({
    delaySeconds,
    visibilityTimeoutSeconds,
    ...(redrive && {
      redrive: {
        maxReceiveCount: redrive.maxReceiveCount,
        deadLetter({ messageId, body, attributes, sentAt, receiveCount }) {
          print(
            `sqs: message ${messageId} of ${name} was received ${receiveCount}×, it goes to ${redrive.deadLetterQueue}`,
          );
          const movedFrom = { messageId, sentAt, queueArn: arn };
          existing(redrive.deadLetterQueue).queue.send({ body, attributes, movedFrom });
        },
      },
    }),
    time,
    newId,
  });
}
