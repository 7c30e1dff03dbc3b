import type { EventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import type { ConnectionTable } from './connection-table.ts';
import { Dashboard } from './dashboard.ts';
import type { IntakeRule } from './intake-rule.ts';
import type { QueueConsumers } from './queue-consumers.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';
import { realtimeMetrics } from './realtime-metrics.ts';
import type { RealtimeQueues } from './realtime-queues.ts';
import type { RealtimeWebSocketApi } from './realtime-web-socket-api.ts';

export interface OperationsProps {
  /** Name of the dashboard, beginning of the names of the alarms, and `service` of the metrics. */
  name: string;
  webSocketApi: RealtimeWebSocketApi;
  functions: RealtimeFunctions;
  queues: RealtimeQueues;
  consumers: QueueConsumers;
  eventBus: EventBus;
  intakeRule: IntakeRule;
  table: ConnectionTable;
  /** Posts a second of the account. */
  postQuota: number;
  /** Get the alarms; without one of them they only show in CloudWatch. */
  alarmEmail?: string | undefined;
  alarmTopicArn?: string | undefined;
}

/** What people see of a stage: one dashboard, and the alarms of OPERATIONS.md. */
export class Operations extends Construct {
  readonly dashboard: Dashboard;
  readonly alarms: Alarms;

  constructor(scope: Construct, id: string, props: OperationsProps) {
    super(scope, id);
    const { name, webSocketApi, functions, queues, consumers, eventBus, intakeRule, table, postQuota } =
      props;
    const metrics = realtimeMetrics({
      serviceName: name,
      apiId: webSocketApi.api.apiId,
      stageName: webSocketApi.stage.stageName,
      functions: functions.byName,
      queues: queues.byName,
      consumerIds: consumers.idOf,
      eventBusName: eventBus.eventBusName,
      ruleName: intakeRule.ruleName,
      table: table.table,
      postQuota,
    });
    this.dashboard = new Dashboard(this, 'Dashboard', { dashboardName: name, metrics });
    this.alarms = new Alarms(this, 'Alarms', {
      prefix: name,
      metrics,
      functions: functions.byName,
      alarmEmail: props.alarmEmail,
      alarmTopicArn: props.alarmTopicArn,
    });
  }
}
