import { CfnResource } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { AccountPrincipal, type IGrantable, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export interface RoomEventBusProps {
  eventBusName: string;
  /** Other AWS accounts whose services may put events. */
  publisherAccounts: readonly string[];
}

/** The bus that the Trade Room's services publish to, and who may. */
export class RoomEventBus extends Construct {
  readonly eventBus: EventBus;
  /** For roles that this app does not define: attach it to a service and it can publish. */
  readonly publisherPolicy: ManagedPolicy;

  constructor(scope: Construct, id: string, { eventBusName, publisherAccounts }: RoomEventBusProps) {
    super(scope, id);
    this.eventBus = new EventBus(this, 'Bus', { eventBusName });
    this.publisherPolicy = new ManagedPolicy(this, 'PublisherPolicy', {
      description: `Put events on the bus ${eventBusName}`,
      statements: [
        new PolicyStatement({ actions: ['events:PutEvents'], resources: [this.eventBus.eventBusArn] }),
      ],
    });
    for (const account of publisherAccounts) this.allowAccount(account);
  }

  grantPublish(grantee: IGrantable) {
    return this.eventBus.grantPutEventsTo(grantee);
  }

  // The other account still decides which of its roles may: both sides must allow a call between accounts.
  private allowAccount(account: string): void {
    const { eventBusName, eventBusArn } = this.eventBus;
    const statement = new PolicyStatement({
      principals: [new AccountPrincipal(account)],
      actions: ['events:PutEvents'],
      resources: [eventBusArn],
    });
    // Neither addToResourcePolicy nor CfnEventBusPolicy: at each, CDK warns of a property that is not even set.
    new CfnResource(this, `Publishers${account}`, {
      type: 'AWS::Events::EventBusPolicy',
      properties: {
        EventBusName: eventBusName,
        StatementId: `publishers-${account}`,
        Statement: statement.toStatementJson(),
      },
    });
  }
}
