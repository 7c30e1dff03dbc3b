import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { METRICS_NAMESPACE, type MetricName } from '../config/metrics.ts';
import { type AlarmDescription, alarms } from './alarms.ts';
import type { DeployedFunctions } from './realtime-functions.ts';
import type { RealtimeMetrics } from './realtime-metrics.ts';

export interface AlarmsProps {
  /** Alarms are named `<prefix>-<name>`. */
  prefix: string;
  metrics: RealtimeMetrics;
  functions: DeployedFunctions;
  /** Whether the canary runs: without it, it is no alarm that it is silent. */
  watchesCanary: boolean;
  /** Gets every alarm, after confirming by the link that SNS sends. */
  alarmEmail?: string | undefined;
  /** A topic that is there already, and gets every alarm too. Without either, alarms only show in CloudWatch. */
  alarmTopicArn?: string | undefined;
}

const treatments: Record<NonNullable<AlarmDescription['silence']>, TreatMissingData> = {
  fine: TreatMissingData.NOT_BREACHING,
  trouble: TreatMissingData.BREACHING,
  unchanged: TreatMissingData.IGNORE,
};

/** Alarms on what a person must act on; each says what to do and where docs/operations/runbook.md tells more. */
export class Alarms extends Construct {
  readonly topics: readonly ITopic[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { prefix, functions, watchesCanary, alarmEmail, alarmTopicArn } = props;
    this.topics = [
      ...(alarmEmail === undefined ? [] : [this.addTopic(alarmEmail)]),
      ...(alarmTopicArn === undefined ? [] : [Topic.fromTopicArn(this, 'GivenTopic', alarmTopicArn)]),
    ];
    for (const [name, fn] of Object.entries<LambdaFunction>(functions)) this.countLoggedErrors(name, fn);
    for (const [name, description] of Object.entries(alarms)) {
      if (description.ofCanary && !watchesCanary) continue;
      this.addAlarm(name, `${prefix}-${name}`, description, props.metrics);
    }
  }

  private addAlarm(
    id: string,
    alarmName: string,
    description: AlarmDescription,
    metrics: RealtimeMetrics,
  ): void {
    const { threshold, below, minutes, of, silence = 'fine', section, text } = description;
    const alarm = new Alarm(this, id, {
      alarmName,
      alarmDescription: `${text} docs/operations/runbook.md: ${section}`,
      metric: description.metric(metrics),
      threshold,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_THRESHOLD,
      datapointsToAlarm: minutes,
      evaluationPeriods: of,
      treatMissingData: treatments[silence],
    });
    const actions = this.topics.map((topic) => new SnsAction(topic));
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
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
