import { Duration, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct, type IDependable } from 'constructs';
import { canarySchedule } from '../config/canary.ts';
import type { RealtimeQueues } from './realtime-queues.ts';

export interface CanaryProps {
  /** The schedule is named `<prefix>-<name>`. */
  prefix: string;
  canary: IFunction;
  queues: RealtimeQueues;
  /** All that the canary goes through: it does not run before. */
  behind: readonly IDependable[];
}

/** Has EventBridge Scheduler run the canary each minute. */
export class Canary extends Construct {
  readonly schedule: CfnSchedule;

  constructor(scope: Construct, id: string, { prefix, canary, queues, behind }: CanaryProps) {
    super(scope, id);
    const { queueArn: deadLetterArn } = queues.byName[canarySchedule.deadLetterQueue];
    const maxEventAge = Duration.seconds(canarySchedule.maximumEventAgeSeconds);
    canary.configureAsyncInvoke({
      retryAttempts: canarySchedule.maximumRetryAttempts,
      maxEventAge,
      // Not SqsDestination: it grants more than SendMessage, which the function has.
      onFailure: { bind: () => ({ destination: deadLetterArn }) },
    });
    // Not LambdaInvoke: it lets the schedule invoke every version of the function.
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: {
        Invoke: new PolicyDocument({
          statements: [
            new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [canary.functionArn] }),
            new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetterArn] }),
          ],
        }),
      },
    });
    this.schedule = new CfnSchedule(this, 'Schedule', {
      name: `${prefix}-${canarySchedule.name}`,
      scheduleExpression: Schedule.rate(Duration.minutes(canarySchedule.everyMinutes)).expressionString,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: canary.functionArn,
        roleArn: role.roleArn,
        input: '{}',
        retryPolicy: {
          maximumRetryAttempts: canarySchedule.maximumRetryAttempts,
          maximumEventAgeInSeconds: maxEventAge.toSeconds(),
        },
        deadLetterConfig: { arn: deadLetterArn },
      },
    });
    this.schedule.node.addDependency(...behind);
  }
}
