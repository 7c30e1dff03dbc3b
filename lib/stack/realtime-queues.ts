import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type QueueName, queues } from '../config/queues.ts';

export interface RealtimeQueuesProps {
  /** Queues are named `<prefix>-<name>`. */
  prefix: string;
  /** Seconds within which a connection must authenticate. */
  authDeadlineSeconds: number;
}

/** Every queue of `lib/config/queues.ts`, encrypted, and reachable over TLS only. */
export class RealtimeQueues extends Construct {
  readonly byName: Record<QueueName, Queue>;
  private readonly props: RealtimeQueuesProps;

  constructor(scope: Construct, id: string, props: RealtimeQueuesProps) {
    super(scope, id);
    this.props = props;
    const { redrive } = queues['auth-deadline'];
    const deadLetters = this.addQueue(redrive.deadLetterQueue);
    this.byName = {
      'auth-deadline': this.addQueue('auth-deadline', deadLetters),
      'auth-deadline-dead-letters': deadLetters,
      'event-dead-letters': this.addQueue('event-dead-letters'),
    };
  }

  private addQueue(name: QueueName, deadLetters?: Queue): Queue {
    const { visibilityTimeoutSeconds, retentionSeconds } = queues[name];
    const { maxReceiveCount } = queues['auth-deadline'].redrive;
    return new Queue(this, name, {
      queueName: `${this.props.prefix}-${name}`,
      visibilityTimeout: Duration.seconds(visibilityTimeoutSeconds),
      retentionPeriod: Duration.seconds(retentionSeconds),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      ...(name === 'auth-deadline' && { deliveryDelay: Duration.seconds(this.props.authDeadlineSeconds) }),
      ...(deadLetters !== undefined && { deadLetterQueue: { queue: deadLetters, maxReceiveCount } }),
    });
  }
}
