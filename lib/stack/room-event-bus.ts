import { CfnResource, Duration, Token } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { AccountPrincipal, type IGrantable, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { eventRule } from '../config/triggers.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';
import type { RealtimeQueues } from './realtime-queues.ts';

interface RoomEventBusProps {
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

interface IngestRuleProps {
  /** The rule is named `<prefix>-<name>`. */
  prefix: string;
  eventBus: EventBus;
  functions: RealtimeFunctions;
  queues: RealtimeQueues;
}

/**
 * From the bus to the ingest. Two hops are asynchronous, and each has its own retries and its own way to the dead
 * letters: EventBridge handing over to Lambda, and Lambda running the function.
 */
export class IngestRule extends Construct {
  readonly rule: Rule;
  /**
   * The name in its metrics. CloudFormation's `Ref` of a rule on a custom bus returns `<bus>|<rule>`, which AWS does
   * not document: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1131
   */
  readonly ruleName: string;

  constructor(scope: Construct, id: string, { prefix, eventBus, functions, queues }: IngestRuleProps) {
    super(scope, id);
    this.ruleName = `${prefix}-${eventRule.name}`;
    const ingest = functions.byName[eventRule.function];
    const deadLetterQueue = queues.byName[eventRule.deadLetterQueue];
    this.rule = new Rule(this, 'Rule', {
      ruleName: this.ruleName,
      eventBus,
      // Token: the types of CDK know no matchers in a list of sources.
      eventPattern: { source: Token.asList(eventRule.pattern.source) },
      targets: [
        new LambdaFunction(ingest, {
          deadLetterQueue,
          maxEventAge: Duration.seconds(eventRule.maximumDeliveryAgeSeconds),
        }),
      ],
    });
    this.retryBriefly(ingest, deadLetterQueue.queueArn);
  }

  private retryBriefly(ingest: IFunction, deadLetterQueueArn: string): void {
    ingest.configureAsyncInvoke({
      retryAttempts: eventRule.maximumRetryAttempts,
      maxEventAge: Duration.seconds(eventRule.maximumEventAgeSeconds),
      // Not SqsDestination: it grants more than SendMessage, which the function has.
      onFailure: { bind: () => ({ destination: deadLetterQueueArn }) },
    });
  }
}
