import { type CfnElement, Stack, Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { canarySchedule } from '../config/canary.ts';
import type { ConnectionsMethod } from '../config/permissions.ts';
import { eventRule } from '../config/triggers.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';
import type { RealtimeQueues } from './realtime-queues.ts';
import type { AccessLog, RealtimeWebSocketApi } from './web-socket-api.ts';

interface AcknowledgedParts {
  queues: RealtimeQueues;
  webSocketApi: RealtimeWebSocketApi;
  functions: RealtimeFunctions;
  accessLog: AccessLog | undefined;
}

/** Rules of cdk-nag's AwsSolutions that are not followed, and why. Of no effect in an app that does not check them. */
export function acknowledgeRules({ queues, webSocketApi, functions, accessLog }: AcknowledgedParts): void {
  acknowledge(queues.byName[eventRule.deadLetterQueue], {
    'AwsSolutions-SQS3': 'It is a dead-letter queue itself, of the rule and of the function behind it.',
  });
  acknowledge(queues.byName[canarySchedule.deadLetterQueue], {
    'AwsSolutions-SQS3': 'It is a dead-letter queue itself, of the schedule and of the function behind it.',
  });
  acknowledge(webSocketApi, {
    'AwsSolutions-APIG4':
      'Clients authenticate by their first message: a browser can send no header with a WebSocket, and whoever stays silent is closed.',
  });
  acknowledge(functions, {
    [connectionsWildcard(webSocketApi, 'POST')]: 'Connection ids are not known before the clients are there.',
    [connectionsWildcard(webSocketApi, 'DELETE')]:
      'Connection ids are not known before the clients are there.',
  });
  if (accessLog === undefined) {
    acknowledge(webSocketApi.stage, {
      'AwsSolutions-APIG1':
        'Access logs need a CloudWatch role that the account has once, so they are a setting: apiGatewayCloudWatchRole.',
    });
  } else {
    acknowledge(accessLog, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
        'It is the policy that API Gateway asks for: the role serves every API of the account.',
    });
  }
}

function acknowledge(construct: IConstruct, reasons: Record<string, string>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

/** As the finding is called: with the names of what is only known at deployment in angle brackets. */
function connectionsWildcard({ api, stage }: RealtimeWebSocketApi, method: ConnectionsMethod): string {
  const stack = Stack.of(api);
  const region = known(stack.region, 'AWS::Region');
  const account = known(stack.account, 'AWS::AccountId');
  const apiId = stack.getLogicalId(api.node.defaultChild as CfnElement);
  const connections = `<${apiId}>/${stage.stageName}/${method}/@connections/*`;
  return `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:${region}:${account}:${connections}]`;
}

function known(value: string, name: string): string {
  return Token.isUnresolved(value) ? `<${name}>` : value;
}
