import {
  type IAccessLogSettings,
  type ThrottleSettings,
  WebSocketApi,
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

  addRoutes(functions: RealtimeFunctions): void {
    for (const [routeKey, { function: name, returnResponse }] of Object.entries(routes)) {
      const integration = new WebSocketLambdaIntegration(`${routeKey}Integration`, functions.byName[name]);
      const route = this.api.addRoute(routeKey, { integration, returnResponse });
      // A stage that deploys by itself would deploy for each route that comes after it, all at once.
      this.stage.node.addDependency(route);
    }
  }
}
