import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { parseTokenSettings } from '../auth/token-settings.ts';
import { tokenSource } from '../config/canary.ts';
import type { Settings } from '../config/read-settings.ts';
import { nameOfStage } from '../config/table.ts';
import { acknowledgeRules } from './acknowledgements.ts';
import { Canary } from './canary.ts';
import { ConnectionTable } from './connection-table.ts';
import { functionEnvironment } from './function-environment.ts';
import { grantPermissions, secretArn } from './function-permissions.ts';
import { Operations } from './operations.ts';
import { RealtimeFunctions } from './realtime-functions.ts';
import { QueueConsumers, RealtimeQueues } from './realtime-queues.ts';
import { IngestRule, RoomEventBus } from './room-event-bus.ts';
import { stageSettings } from './settings.ts';
import type { TradeRoomRealtimeProps } from './trade-room-realtime-props.ts';
import { AccessLog, CustomDomain, RealtimeWebSocketApi } from './web-socket-api.ts';

export type { TradeRoomRealtimeProps };

/** The Trade Room's realtime backend: events put on its bus reach every client in their room. */
export class TradeRoomRealtime extends Construct {
  readonly stageName: string;
  /** Every setting with the value it was given, or else its default. */
  readonly settings: Settings;
  readonly table: ConnectionTable;
  readonly queues: RealtimeQueues;
  readonly events: RoomEventBus;
  readonly webSocketApi: RealtimeWebSocketApi;
  readonly functions: RealtimeFunctions;
  readonly ingestRule: IngestRule;
  /** Unless `canary` is false. */
  readonly canary: Canary | undefined;
  readonly operations: Operations;
  /** Where `apiGatewayCloudWatchRole` is set. */
  readonly accessLog: AccessLog | undefined;

  constructor(scope: Construct, id: string, props: TradeRoomRealtimeProps) {
    super(scope, id);
    this.settings = stageSettings(props);
    const { settings } = this;
    this.stageName = settings.stage;
    const name = nameOfStage(this.stageName);

    this.table = new ConnectionTable(this, 'Table', {
      removalPolicy: settings.removalPolicy,
      ...(settings.tableKeyArn !== undefined && { keyArn: settings.tableKeyArn }),
    });
    this.queues = new RealtimeQueues(this, 'Queues', { prefix: name, settings });
    this.events = new RoomEventBus(this, 'Events', {
      eventBusName: name,
      publisherAccounts: settings.publisherAccounts,
    });
    this.accessLog = settings.apiGatewayCloudWatchRole
      ? new AccessLog(this, 'AccessLog', { apiName: name, retention: settings.logRetentionDays })
      : undefined;
    this.webSocketApi = this.addWebSocketApi(name);
    this.functions = this.addFunctions(name, props);

    const { functions, queues, webSocketApi, table } = this;
    const { eventBus } = this.events;
    const routes = webSocketApi.addRoutes(functions);
    // While the routes are made, the new role becomes visible to API Gateway; AWS names no time for it.
    this.accessLog?.account.node.addDependency(...routes);
    const consumers = new QueueConsumers(this, 'Consumers', { functions, queues, settings });
    this.ingestRule = new IngestRule(this, 'Ingest', { prefix: name, eventBus, functions, queues });
    const behind = [webSocketApi.stage, consumers, this.ingestRule];
    const { canary } = functions.byName;
    this.canary =
      canary === undefined ? undefined : new Canary(this, 'Canary', { prefix: name, canary, queues, behind });
    const { postQuota, alarmEmail, alarmTopicArn } = settings;
    this.operations = new Operations(this, 'Operations', {
      ...{ name, webSocketApi, functions, queues, consumers, eventBus, table, postQuota },
      ...{ ingestRule: this.ingestRule, canary: this.canary, alarmEmail, alarmTopicArn },
    });
    acknowledgeRules(this);
  }

  /** Lets a role of this app put events on the bus. */
  grantPublish(grantee: IGrantable): Grant {
    return this.events.grantPublish(grantee);
  }

  private addWebSocketApi(apiName: string): RealtimeWebSocketApi {
    const { throttleRateLimit: rateLimit, throttleBurstLimit: burstLimit } = this.settings;
    const { domainName, certificateArn } = this.settings;
    const { accessLog } = this;
    const webSocketApi = new RealtimeWebSocketApi(this, 'WebSocket', {
      apiName,
      stageName: this.stageName,
      throttle: { rateLimit, burstLimit },
      ...(accessLog !== undefined && { accessLog: accessLog.settings }),
      ...(domainName !== undefined &&
        certificateArn !== undefined && {
          customDomain: new CustomDomain(this, 'Domain', { domainName, certificateArn }),
        }),
    });
    if (accessLog !== undefined) webSocketApi.stage.node.addDependency(accessLog.account);
    return webSocketApi;
  }

  private addFunctions(prefix: string, { tokens, bundles }: TradeRoomRealtimeProps): RealtimeFunctions {
    // The auth function reads them at its cold start, when it would be too late to learn that they are wrong.
    const { mode: tokenMode } = parseTokenSettings(JSON.stringify(tokens));
    const { queues, webSocketApi, settings } = this;
    const { table } = this.table;
    const { eventBusName, eventBusArn } = this.events.eventBus;
    const canaryTokens = tokenSource(tokens, settings.canarySecretName);
    const functions = new RealtimeFunctions(this, 'Functions', {
      prefix,
      hasCanary: settings.canary,
      tokenMode,
      logRetention: settings.logRetentionDays,
      environment: functionEnvironment({
        ...{ prefix, table, queues, webSocketApi, eventBusName, tokens, canaryTokens, settings },
      }),
      ...(bundles !== undefined && { bundles }),
    });
    const jwtSecretArn = tokens.mode === 'shared-secret' ? secretArn(this, tokens.secretId) : undefined;
    const canarySecretArn = 'secretId' in canaryTokens ? secretArn(this, canaryTokens.secretId) : undefined;
    const { tableKeyArn } = settings;
    grantPermissions(functions.byName, {
      ...{ table, tableKeyArn, queues, webSocketApi, eventBusArn, jwtSecretArn, canarySecretArn },
    });
    return functions;
  }
}
