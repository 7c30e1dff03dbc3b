import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { queues } from '../config/queues.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';
import type { RealtimeQueues } from './realtime-queues.ts';

/** From the deadline queue to the function that closes strangers. */
export class AuthDeadlineConsumer extends Construct {
  constructor(scope: Construct, id: string, props: { functions: RealtimeFunctions; queues: RealtimeQueues }) {
    super(scope, id);
    const { consumer } = queues['auth-deadline'];
    const target = props.functions.byName[consumer.function];
    const { queueArn } = props.queues.byName['auth-deadline'];
    // Not SqsEventSource: it grants more than Lambda needs to poll.
    target.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [queueArn],
      }),
    );
    new EventSourceMapping(this, 'Mapping', {
      target,
      eventSourceArn: queueArn,
      batchSize: consumer.batchSize,
      reportBatchItemFailures: consumer.reportBatchItemFailures,
      maxConcurrency: consumer.maximumConcurrency,
    });
  }
}
