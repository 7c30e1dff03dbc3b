import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat, CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import {
  DomainName,
  type IAccessLogSettings,
  LogGroupLogDestination,
  SecurityPolicy,
  type ThrottleSettings,
  WebSocketApi,
  type WebSocketRoute,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ROUTE_SELECTION_EXPRESSION, routes } from '../config/triggers.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';

interface RealtimeWebSocketApiProps {
  apiName: string;
  stageName: string;
  /** Of every route, over all clients. */
  throttle: ThrottleSettings;
  accessLog?: IAccessLogSettings;
  customDomain?: CustomDomain;
}

/** The WebSocket API and its one stage. Made without routes, because the functions behind them need its address. */
export class RealtimeWebSocketApi extends Construct {
  readonly api: WebSocketApi;
  readonly stage: WebSocketStage;
  /** What clients connect to, `wss://…`. */
  readonly url: string;
  readonly customDomain: CustomDomain | undefined;

  constructor(scope: Construct, id: string, props: RealtimeWebSocketApiProps) {
    super(scope, id);
    const { apiName, stageName, throttle, accessLog, customDomain } = props;
    this.api = new WebSocketApi(this, 'Api', {
      apiName,
      routeSelectionExpression: ROUTE_SELECTION_EXPRESSION,
    });
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName,
      // Without it, routes are not live until somebody makes a deployment by hand.
      autoDeploy: true,
      throttle,
      ...(accessLog !== undefined && { accessLogSettings: accessLog }),
      ...(customDomain !== undefined && { domainMapping: { domainName: customDomain.domainName } }),
    });
    this.customDomain = customDomain;
    this.url = customDomain === undefined ? this.stage.url : `wss://${customDomain.domainName.name}`;
  }

  /**
   * Adds every route, each with its integration and its response after those of the route before: API Gateway refuses
   * changes of one API that are made at the same time ("concurrent modification",
   * https://github.com/hashicorp/terraform-provider-aws/issues/18018), and whether CloudFormation then retries is not
   * documented. The stage comes last, because one that deploys by itself would deploy for each later route.
   */
  addRoutes(functions: RealtimeFunctions): WebSocketRoute[] {
    const added: WebSocketRoute[] = [];
    for (const [routeKey, { function: name, returnResponse }] of Object.entries(routes)) {
      const integration = new WebSocketLambdaIntegration(`${routeKey}Integration`, functions.byName[name]);
      const route = this.api.addRoute(routeKey, { integration, returnResponse });
      const previous = added.at(-1);
      if (previous !== undefined) route.node.addDependency(previous);
      added.push(route);
    }
    this.stage.node.addDependency(...added);
    return added;
  }
}

interface CustomDomainProps {
  domainName: string;
  certificateArn: string;
}

/** A name of your own for the API. Its DNS record is yours to make, to `domainName.regionalDomainName`. */
export class CustomDomain extends Construct {
  readonly domainName: DomainName;

  constructor(scope: Construct, id: string, { domainName, certificateArn }: CustomDomainProps) {
    super(scope, id);
    this.domainName = new DomainName(this, 'DomainName', {
      domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
  }
}

interface AccessLogProps {
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
