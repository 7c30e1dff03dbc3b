import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat, CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { type IAccessLogSettings, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface AccessLogProps {
  /** Of the API; the log group is named after it. */
  apiName: string;
  retention: RetentionDays;
}

// Who connected, what was routed where, what came back. Neither bodies nor headers: they contain tokens.
const FIELDS = {
  requestTime: '$context.requestTime',
  requestId: '$context.requestId',
  connectionId: '$context.connectionId',
  sourceIp: '$context.identity.sourceIp',
  eventType: '$context.eventType',
  routeKey: '$context.routeKey',
  status: '$context.status',
  integrationStatus: '$context.integrationStatus',
  integrationLatency: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
  error: '$context.error.message',
};

/**
 * Access log of the stage, with the role that API Gateway writes it by. The role is a setting of the whole account and
 * region: of several stacks that own it, the last one deployed wins. It stays when the stack goes.
 *
 * API Gateway checks the role when it is set, and answers "The role ARN does not have required permissions" if it
 * cannot use it (https://github.com/aws-cloudformation/rain/issues/163). A new role is not visible everywhere at once
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html), and AWS names no time. So let `account` depend
 * on what takes long.
 */
export class AccessLog extends Construct {
  readonly settings: IAccessLogSettings;
  /** Without it the stage cannot be created: let the stage depend on it. */
  readonly account: CfnAccount;

  constructor(scope: Construct, id: string, { apiName, retention }: AccessLogProps) {
    super(scope, id);
    const role = new Role(this, 'CloudWatchRole', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
      ],
    });
    this.account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    // With everything in it: should it ever get a policy that is a resource of its own, that comes first as well.
    this.account.node.addDependency(role);
    // Other APIs of the account may have come to log by it.
    for (const shared of [role, this.account]) shared.applyRemovalPolicy(RemovalPolicy.RETAIN);
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/apigateway/${apiName}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.settings = {
      destination: new LogGroupLogDestination(logGroup),
      format: AccessLogFormat.custom(JSON.stringify(FIELDS)),
    };
  }
}
