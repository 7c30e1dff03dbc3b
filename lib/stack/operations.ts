import type { EventBus } from 'aws-cdk-lib/aws-events';
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Alarms } from './alarm-resources.ts';
import type { Canary } from './canary.ts';
import type { ConnectionTable } from './connection-table.ts';
import { Dashboard } from './dashboard.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';
import { realtimeMetrics } from './realtime-metrics.ts';
import type { QueueConsumers, RealtimeQueues } from './realtime-queues.ts';
import type { IngestRule } from './room-event-bus.ts';
import type { RealtimeWebSocketApi } from './web-socket-api.ts';

interface OperationsProps {
  /** Name of the dashboard, beginning of the names of the alarms, and `service` of the metrics. */
  name: string;
  webSocketApi: RealtimeWebSocketApi;
  functions: RealtimeFunctions;
  queues: RealtimeQueues;
  consumers: QueueConsumers;
  eventBus: EventBus;
  ingestRule: IngestRule;
  canary: Canary | undefined;
  table: ConnectionTable;
  /** Posts a second of the account. */
  postQuota: number;
  /** Get the alarms; without one of them they only show in CloudWatch. */
  alarmEmail?: string | undefined;
  alarmTopicArn?: string | undefined;
}

/**
 * Errors, timeouts and crashes of every function, in the words of CloudWatch Logs Insights. The first are lines of the
 * functions and of Node's runtime, which writes what a handler threw; the others are lines of Lambda.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */
export const ERROR_QUERY = `fields @timestamp, @log, level, message, error.message, type, record.status, record.errorType
| filter level in ["ERROR", "FATAL", "CRITICAL"] or record.status in ["timeout", "error", "failure"]
| sort @timestamp desc
| limit 200`;

/** What people see of a stage: one dashboard, the alarms of docs/operations/runbook.md, and a query for its errors. */
export class Operations extends Construct {
  readonly dashboard: Dashboard;
  readonly alarms: Alarms;

  constructor(scope: Construct, id: string, props: OperationsProps) {
    super(scope, id);
    const { name, webSocketApi, functions, queues, consumers, eventBus, ingestRule, table, postQuota } =
      props;
    const metrics = realtimeMetrics({
      serviceName: name,
      apiId: webSocketApi.api.apiId,
      stageName: webSocketApi.stage.stageName,
      functions: functions.byName,
      queues: queues.byName,
      consumerIds: consumers.idOf,
      eventBusName: eventBus.eventBusName,
      ruleName: ingestRule.ruleName,
      table: table.table,
      postQuota,
    });
    this.dashboard = new Dashboard(this, 'Dashboard', { dashboardName: name, metrics });
    // Not QueryDefinition: its QueryString cannot be given as it is written.
    new CfnQueryDefinition(this, 'Errors', {
      name: `${name}/errors, timeouts and crashes`,
      queryString: ERROR_QUERY,
      logGroupNames: Object.values(functions.byName).map(({ logGroup }) => logGroup.logGroupName),
    });
    this.alarms = new Alarms(this, 'Alarms', {
      prefix: name,
      metrics,
      functions: functions.byName,
      watchesCanary: props.canary !== undefined,
      alarmEmail: props.alarmEmail,
      alarmTopicArn: props.alarmTopicArn,
    });
  }
}
