import { Stack } from 'aws-cdk-lib';
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { RealtimeMetrics } from './realtime-metrics.ts';

export interface DashboardProps {
  dashboardName: string;
  metrics: RealtimeMetrics;
}

const WIDTH = 24;
const HEIGHT = 6;

/** Everything of a stage on one page: clients, events, deliveries, posts, and what is wrong. */
export class Dashboard extends Construct {
  /** Opens it in the console, of the region of the stack. */
  readonly dashboardUrl: string;

  constructor(scope: Construct, id: string, { dashboardName, metrics }: DashboardProps) {
    super(scope, id);
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', { dashboardName });
    dashboard.addWidgets(
      new TextWidget({
        markdown: `# ${dashboardName}\nWhat an alarm means and what to do: docs/operations/runbook.md of the project. Everything is by the minute.`,
        width: WIDTH,
        height: 2,
      }),
    );
    for (const rowOf of [clients, arrival, events, deliveries, posts, trouble, functions]) {
      dashboard.addWidgets(...rowOf(metrics));
    }
    const { region } = Stack.of(this);
    this.dashboardUrl = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboardName}`;
  }
}

function clients({ own, gateway, invocations }: RealtimeMetrics): GraphWidget[] {
  return row(
    graph('Connects and disconnects', [
      gateway('ConnectCount'),
      invocations('disconnect', 'disconnects that were told'),
      own('AuthTimeouts'),
    ]),
    graph('Messages, in and out', [gateway('MessageCount')]),
    graph('Tokens', [invocations('auth', 'auth'), own('TokensRefused')]),
    graph('The canary’s way through the stage, ms', [own('CanaryMs', Stats.MAXIMUM)]),
  );
}

/** From the bus to the streams, and what Lambda has left to run it with. */
function arrival({ ofRule, asynchronous, polls, concurrencyUse }: RealtimeMetrics): GraphWidget[] {
  return row(
    graph('Age of the oldest event before the streams, ms', [
      asynchronous('ingest', 'AsyncEventAge', Stats.MAXIMUM),
    ]),
    graph('Events held back, given up, lost', [
      ofRule('ThrottledRules'),
      ofRule('FailedInvocations'),
      asynchronous('ingest', 'AsyncEventsDropped'),
      ofRule('InvocationsFailedToBeSentToDlq'),
      asynchronous('ingest', 'DestinationDeliveryFailures'),
    ]),
    graph('Polls of the queues', polls),
    graph('Functions running, % of the account', [concurrencyUse]),
  );
}

function events({ own, invocations, waiting, oldestAge }: RealtimeMetrics): GraphWidget[] {
  return row(
    graph('Events in', [invocations('ingest', 'taken in'), own('BadEvents')]),
    graph('Streams, messages waiting', [waiting('room-events.fifo')]),
    graph('Streams, age of the oldest message, s', [oldestAge('room-events.fifo')]),
    graph('Events out', [
      own('Events'),
      own('Superseded'),
      own('EventsNotSent'),
      own('Posts', Stats.SAMPLE_COUNT, 'broadcasts'),
    ]),
  );
}

function deliveries({ own }: RealtimeMetrics): GraphWidget[] {
  return row(
    graph('Deliveries', [
      own('Delivered'),
      own('Gone'),
      own('Failed'),
      own('ThrottledOut'),
      own('Expired'),
      own('Incomplete'),
    ]),
    graph('Publish to delivery, the last member, ms', [
      own('PublishToDelivery', Stats.percentile(50), 'p50'),
      own('PublishToDelivery', Stats.percentile(99), 'p99'),
    ]),
  );
}

function posts({ own, postQuotaUse, invocations }: RealtimeMetrics): GraphWidget[] {
  return row(
    graph('Posts against the quota of the account, %', [postQuotaUse]),
    graph('Members a second of one broadcast', [
      own('MembersPerSecond', Stats.percentile(50), 'p50'),
      own('MembersPerSecond', Stats.MAXIMUM, 'max'),
    ]),
    graph('Posts throttled', [own('Throttled')]),
    graph('Large rooms', [invocations('broadcastWorker', 'parts that workers do')]),
  );
}

function trouble({ gateway, waiting, tableThrottles }: RealtimeMetrics): GraphWidget[] {
  return row(
    graph('Dead letters waiting', [
      waiting('event-dead-letters'),
      waiting('room-events-dead-letters.fifo'),
      waiting('auth-deadline-dead-letters'),
      waiting('canary-dead-letters'),
    ]),
    graph('Table throttles', tableThrottles),
    graph('API Gateway errors', [
      gateway('IntegrationError'),
      gateway('ExecutionError'),
      gateway('ClientError'),
    ]),
  );
}

function functions({ own, ofFunctions }: RealtimeMetrics): GraphWidget[] {
  return row(
    graph('Lambda errors', ofFunctions('Errors', Stats.SUM)),
    graph('Errors in the logs', [own('LoggedErrors')]),
    graph('Lambda throttles', ofFunctions('Throttles', Stats.SUM)),
    graph('Lambda duration p99, ms', ofFunctions('Duration', Stats.percentile(99))),
  );
}

function graph(title: string, left: readonly IMetric[]): (width: number) => GraphWidget {
  return (width) =>
    new GraphWidget({
      title,
      left: [...left],
      width,
      height: HEIGHT,
      leftYAxis: { min: 0, showUnits: false },
    });
}

function row(...graphs: ((width: number) => GraphWidget)[]): GraphWidget[] {
  return graphs.map((make) => make(WIDTH / graphs.length));
}
