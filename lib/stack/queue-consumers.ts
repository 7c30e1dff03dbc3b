import { EventSourceMapping, MetricType } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type QueueDescription, type QueueName, queues } from '../config/queues.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';
import type { RealtimeQueues } from './realtime-queues.ts';

export interface QueueConsumersProps {
  functions: RealtimeFunctions;
  queues: RealtimeQueues;
  /** Batches at a time, where a setting says otherwise than `lib/config/queues.ts`. */
  maximumConcurrency: Partial<Record<QueueName, number>>;
}

/** From every queue that has a consumer to its function: Lambda's event source mappings. */
export class QueueConsumers extends Construct {
  /** Of the event source mapping of each queue that has a consumer: what its metrics are told apart by. */
  readonly idOf: ReadonlyMap<QueueName, string>;

  constructor(
    scope: Construct,
    id: string,
    { functions, queues: deployed, maximumConcurrency }: QueueConsumersProps,
  ) {
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
        maxConcurrency: maximumConcurrency[name] ?? consumer.maximumConcurrency,
        metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
      });
      idOf.set(name, mapping.eventSourceMappingId);
    }
    this.idOf = idOf;
  }
}
