import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { TradeRoomSettings } from './settings.ts';
import { TradeRoomRealtime } from './trade-room-realtime.ts';

/** What `cdk deploy` makes: the backend, and what one must know to use it. */
export class TradeRoomStack extends Stack {
  readonly realtime: TradeRoomRealtime;

  constructor(scope: Construct, id: string, settings: TradeRoomSettings, props: StackProps = {}) {
    super(scope, id, props);
    this.realtime = new TradeRoomRealtime(this, 'Realtime', settings);
    this.addOutputs();
  }

  private addOutputs(): void {
    const { webSocketApi, events, table, operations } = this.realtime;
    this.output('WebSocketUrl', webSocketApi.url, 'What the frontend connects to');
    this.output('EventBusName', events.eventBus.eventBusName, 'What services of this account publish to');
    this.output('EventBusArn', events.eventBus.eventBusArn, 'What services of other accounts publish to');
    this.output('TableName', table.table.tableName, 'Connections and memberships');
    this.output(
      'PublisherPolicyArn',
      events.publisherPolicy.managedPolicyArn,
      'Attach it to the role of a service that publishes',
    );
    this.output('DashboardUrl', operations.dashboard.dashboardUrl, 'How it is doing');
    const { customDomain } = webSocketApi;
    if (customDomain !== undefined) {
      const { regionalDomainName } = customDomain.domainName;
      this.output('DomainTarget', regionalDomainName, 'What the DNS record of the domain must point to');
    }
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
