import { Duration } from 'aws-cdk-lib';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type QueueDescription, type QueueName, queues } from '../config/queues.ts';

export interface RealtimeQueuesProps {
  /** Queues are named `<prefix>-<name>`. */
  prefix: string;
  /** Seconds within which a connection must authenticate. */
  authDeadlineSeconds: number;
}

const described: Record<QueueName, QueueDescription> = queues;

const deduplicationScopes = {
  messageGroup: DeduplicationScope.MESSAGE_GROUP,
  queue: DeduplicationScope.QUEUE,
};
const throughputLimits = {
  perMessageGroupId: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
  perQueue: FifoThroughputLimit.PER_QUEUE,
};

/** Every queue of `lib/config/queues.ts`, encrypted, and reachable over TLS only. */
export class RealtimeQueues extends Construct {
  readonly byName: Record<QueueName, Queue>;
  private readonly props: RealtimeQueuesProps;
  private readonly added = new Map<QueueName, Queue>();

  constructor(scope: Construct, id: string, props: RealtimeQueuesProps) {
    super(scope, id);
    this.props = props;
    const names = Object.keys(queues) as QueueName[];
    this.byName = Object.fromEntries(names.map((name) => [name, this.queue(name)])) as Record<
      QueueName,
      Queue
    >;
  }

  /** Adds it if it is not there yet: a dead-letter queue comes before the queue whose messages it gets. */
  private queue(name: QueueName): Queue {
    const queue = this.added.get(name) ?? this.addQueue(name);
    this.added.set(name, queue);
    return queue;
  }

  private addQueue(name: QueueName): Queue {
    const { prefix, authDeadlineSeconds } = this.props;
    const { visibilityTimeoutSeconds, retentionSeconds, fifo, redrive } = described[name];
    return new Queue(this, name, {
      queueName: `${prefix}-${name}`,
      visibilityTimeout: Duration.seconds(visibilityTimeoutSeconds),
      retentionPeriod: Duration.seconds(retentionSeconds),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      ...(name === 'auth-deadline' && { deliveryDelay: Duration.seconds(authDeadlineSeconds) }),
      ...(fifo !== undefined && fifoProps(fifo)),
      ...(redrive !== undefined && {
        deadLetterQueue: { ...redrive, queue: this.queue(redrive.deadLetterQueue) },
      }),
    });
  }
}

/** Not deduplicated by content: two orders may be the same, word for word. */
function fifoProps(fifo: NonNullable<QueueDescription['fifo']>): Partial<QueueProps> {
  return {
    fifo: true,
    deduplicationScope: deduplicationScopes[fifo.deduplicationScope],
    fifoThroughputLimit: throughputLimits[fifo.throughputLimit],
  };
}
