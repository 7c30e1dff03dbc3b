import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, MetricType } from 'aws-cdk-lib/aws-lambda';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type QueueDescription, type QueueName, queues } from '../config/queues.ts';
import type { Settings } from '../config/read-settings.ts';
import { numberOf } from '../config/read-settings.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';

interface RealtimeQueuesProps {
  /** Queues are named `<prefix>-<name>`. */
  prefix: string;
  settings: Settings;
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
    const { prefix, settings } = this.props;
    const { delaySeconds, visibilityTimeoutSeconds, retentionSeconds, fifo, redrive } = described[name];
    return new Queue(this, name, {
      queueName: `${prefix}-${name}`,
      visibilityTimeout: Duration.seconds(visibilityTimeoutSeconds),
      retentionPeriod: Duration.seconds(retentionSeconds),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      ...(delaySeconds !== undefined && {
        deliveryDelay: Duration.seconds(numberOf(delaySeconds, settings)),
      }),
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

interface QueueConsumersProps {
  functions: RealtimeFunctions;
  queues: RealtimeQueues;
  settings: Settings;
}

/** From every queue that has a consumer to its function: Lambda's event source mappings. */
export class QueueConsumers extends Construct {
  /** Of the event source mapping of each queue that has a consumer: what its metrics are told apart by. */
  readonly idOf: ReadonlyMap<QueueName, string>;

  constructor(scope: Construct, id: string, { functions, queues: deployed, settings }: QueueConsumersProps) {
    super(scope, id);
    const idOf = new Map<QueueName, string>();
    for (const [name, { consumer }] of Object.entries(queues) as [QueueName, QueueDescription][]) {
      if (consumer === undefined) continue;
      const target = functions.byName[consumer.function];
      // Not SqsEventSource: it grants more than Lambda needs to poll, which the function's role allows.
      const mapping = new EventSourceMapping(this, name, {
        target,
        eventSourceArn: deployed.byName[name].queueArn,
        batchSize: consumer.batchSize,
        reportBatchItemFailures: consumer.reportBatchItemFailures,
        maxConcurrency: numberOf(consumer.maximumConcurrency, settings),
        metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
      });
      idOf.set(name, mapping.eventSourceMappingId);
    }
    this.idOf = idOf;
  }
}
