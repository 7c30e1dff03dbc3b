import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { FunctionName } from '../config/functions.ts';
import { METRICS_NAMESPACE, type MetricName } from '../config/metrics.ts';
import { alarmDescriptions } from './alarm-descriptions.ts';
import type { RealtimeMetrics } from './realtime-metrics.ts';

export interface AlarmsProps {
  /** Alarms are named `<prefix>-<name>`. */
  prefix: string;
  metrics: RealtimeMetrics;
  functions: Record<FunctionName, LambdaFunction>;
  /** Gets every alarm, after confirming by the link that SNS sends. Without it alarms only show in CloudWatch. */
  alarmEmail?: string;
}

/** Alarms on what a person must act on; each says what to do and where OPERATIONS.md tells more. */
export class Alarms extends Construct {
  readonly topic: Topic | undefined;

  constructor(scope: Construct, id: string, { prefix, metrics, functions, alarmEmail }: AlarmsProps) {
    super(scope, id);
    this.topic = alarmEmail === undefined ? undefined : this.addTopic(alarmEmail);
    for (const [name, fn] of Object.entries(functions)) this.countLoggedErrors(name, fn);
    for (const [name, { metric, threshold, minutes, of, section, text }] of Object.entries(
      alarmDescriptions(metrics),
    )) {
      const alarm = new Alarm(this, name, {
        alarmName: `${prefix}-${name}`,
        alarmDescription: `${text} OPERATIONS.md: ${section}`,
        metric,
        threshold,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        datapointsToAlarm: minutes,
        evaluationPeriods: of,
        // Nobody plays at night: no data is no trouble.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (this.topic === undefined) continue;
      alarm.addAlarmAction(new SnsAction(this.topic));
      alarm.addOkAction(new SnsAction(this.topic));
    }
  }

  /** A handler that answers `internal` has not failed for Lambda: only its log says so. */
  private countLoggedErrors(name: string, { logGroup }: LambdaFunction): void {
    const metricName: MetricName = 'LoggedErrors';
    new MetricFilter(this, `${name}Errors`, {
      logGroup,
      filterPattern: FilterPattern.stringValue('$.level', '=', 'ERROR'),
      metricNamespace: METRICS_NAMESPACE,
      metricName,
      metricValue: '1',
      dimensions: { service: '$.service' },
    });
  }

  private addTopic(email: string): Topic {
    // Not encrypted with the key `alias/aws/sns`: alarms could not publish. What they say is no secret.
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    // A topic that has a policy of its own has lost the default one, which let the account's alarms in.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }
}
