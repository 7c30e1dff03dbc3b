import type { AwsJsonService } from '../aws-json-service.ts';
import type { Queue } from '../description.ts';
import type { Faults } from '../faults.ts';
import type { Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';
import { startEventSourceMapping } from './event-source-mapping.ts';
import { fifoQueue } from './fifo-queue.ts';
import type { MessageQueue, MessageToSend, ServedQueue } from './message-queue.ts';
import { DEFAULT_RETENTION_SECONDS, type QueueSettings } from './message-queue.ts';
import { sqsApi } from './sqs-api.ts';
import { standardQueue } from './standard-queue.ts';

interface SqsOptions {
  queues: Record<string, Queue>;
  /** The address of this service, such as `http://localhost:4001`. Queue URLs begin with it. */
  endpoint: string;
  region: string;
  invoke: Invoke;
  time: Time;
  faults?: Pick<Faults, 'onReceive'>;
  newId(): string;
  print(line: string): void;
}

export interface Sqs {
  service: AwsJsonService;
  /** Sends a message without the API. Throws if there is no such queue. */
  send(queueName: string, message: Omit<MessageToSend, 'movedFrom'>): void;
  /** Throws if there is no such queue. */
  queueUrl(name: string): string;
  /** Stops the consumers and every timer. Does not wait for functions in flight. */
  close(): Promise<void>;
}

/** SQS with the queues of a stack, their dead-letter queues and their consumers. */
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

  const stopConsumers = [...served.values()].flatMap(({ queue, settings, arn }) => {
    const { consumer } = settings;
    const { visibilityTimeoutSeconds } = settings;
    const mapping = { ...options, queue, queueArn: arn, visibilityTimeoutSeconds };
    return consumer ? [startEventSourceMapping({ ...mapping, consumer })] : [];
  });

  return {
    service: sqsApi(served, region),
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
  settings: Queue,
  arn: string,
  options: SqsOptions,
  existing: (name: string) => ServedQueue,
): MessageQueue {
  const {
    delaySeconds,
    visibilityTimeoutSeconds,
    retentionSeconds = DEFAULT_RETENTION_SECONDS,
    fifo,
  } = settings;
  const { time, newId, print, faults } = options;
  const redrive = settings.redrive && redriveOf(name, settings.redrive, arn, options, existing);
  const common: QueueSettings = {
    delaySeconds,
    visibilityTimeoutSeconds,
    retentionSeconds,
    ...(redrive && { redrive }),
    onExpired: ({ messageId }) =>
      print(`sqs: message ${messageId} of ${name} is older than ${retentionSeconds} s and is deleted`),
    isDeliveredAgain: async ({ messageId, body }) =>
      (await faults?.onReceive?.({ queueName: name, messageId, body })) === 'deliver_again',
    time,
    newId,
  };
  return fifo ? fifoQueue({ ...common, fifo }) : standardQueue(common);
}

function redriveOf(
  name: string,
  { deadLetterQueue, maxReceiveCount }: NonNullable<Queue['redrive']>,
  queueArn: string,
  { print }: SqsOptions,
  existing: (name: string) => ServedQueue,
): NonNullable<QueueSettings['redrive']> {
  return {
    maxReceiveCount,
    deadLetter({ messageId, body, attributes, groupId, deduplicationId, sentAt, receiveCount, ...message }) {
      const { AWSTraceHeader: traceHeader } = message.constantAttributes;
      print(
        `sqs: message ${messageId} of ${name} was received ${receiveCount} times and moves to ${deadLetterQueue}`,
      );
      existing(deadLetterQueue).queue.send({
        body,
        attributes,
        ...(groupId !== undefined && { groupId }),
        ...(deduplicationId !== undefined && { deduplicationId }),
        ...(traceHeader !== undefined && { traceHeader }),
        movedFrom: { messageId, sentAt, queueArn },
      });
    },
  };
}
