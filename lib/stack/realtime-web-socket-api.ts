import {
  type IAccessLogSettings,
  type ThrottleSettings,
  WebSocketApi,
  type WebSocketRoute,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { ROUTE_SELECTION_EXPRESSION, routes } from '../config/routes.ts';
import type { CustomDomain } from './custom-domain.ts';
import type { RealtimeFunctions } from './realtime-functions.ts';

export interface RealtimeWebSocketApiProps {
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
