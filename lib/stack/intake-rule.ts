import { Duration, Token } from 'aws-cdk-lib';
import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { eventRule } from '../config/event-rule.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';
import type { RealtimeQueues } from './realtime-queues.ts';

export interface IntakeRuleProps {
  /** The rule is named `<prefix>-<name>`. */
  prefix: string;
  eventBus: EventBus;
  functions: RealtimeFunctions;
  queues: RealtimeQueues;
}

/**
 * From the bus to the intake. Two hops are asynchronous, and each has its own retries and its own way to the dead
 * letters: EventBridge handing over to Lambda, and Lambda running the function.
 */
export class IntakeRule extends Construct {
  readonly rule: Rule;
  /**
   * The name in its metrics. CloudFormation's `Ref` of a rule on a custom bus returns `<bus>|<rule>`, which AWS does
   * not document: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1131
   */
  readonly ruleName: string;

  constructor(scope: Construct, id: string, { prefix, eventBus, functions, queues }: IntakeRuleProps) {
    super(scope, id);
    this.ruleName = `${prefix}-${eventRule.name}`;
    const intake = functions.byName[eventRule.function];
    const deadLetterQueue = queues.byName[eventRule.deadLetterQueue];
    this.rule = new Rule(this, 'Rule', {
      ruleName: this.ruleName,
      eventBus,
      // Token: the types of CDK know no matchers in a list of sources.
      eventPattern: { source: Token.asList(eventRule.pattern.source) },
      targets: [
        new LambdaFunction(intake, {
          deadLetterQueue,
          maxEventAge: Duration.seconds(eventRule.maximumDeliveryAgeSeconds),
        }),
      ],
    });
    this.retryBriefly(intake, deadLetterQueue.queueArn);
  }

  private retryBriefly(intake: IFunction, deadLetterQueueArn: string): void {
    intake.configureAsyncInvoke({
      retryAttempts: eventRule.maximumRetryAttempts,
      maxEventAge: Duration.seconds(eventRule.maximumEventAgeSeconds),
      // Not SqsDestination: it grants more than SendMessage, which the function has.
      onFailure: { bind: () => ({ destination: deadLetterQueueArn }) },
    });
  }
}
