import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { parseTokenSettings } from '../auth/token-settings.ts';
import { tokenSource } from '../config/canary.ts';
import { DEFAULT_AUTH_DEADLINE_SECONDS } from '../config/queues.ts';
import { nameOfStage } from '../config/table.ts';
import { DEFAULT_THROTTLE } from '../config/triggers.ts';
import { acknowledgeRules } from './acknowledgements.ts';
import { Canary } from './canary.ts';
import { ConnectionTable } from './connection-table.ts';
import { functionEnvironment } from './function-environment.ts';
import { grantPermissions } from './function-permissions.ts';
import { secretArn } from './jwt-secret.ts';
import { Operations } from './operations.ts';
import { type PostAllowance, postAllowance } from './post-allowance.ts';
import { RealtimeFunctions } from './realtime-functions.ts';
import { QueueConsumers, RealtimeQueues } from './realtime-queues.ts';
import { IngestRule, RoomEventBus } from './room-event-bus.ts';
import { type StreamSettings, streamSettings } from './stream-settings.ts';
import { checkTracedRooms } from './traced-rooms.ts';
import type { TradeRoomRealtimeProps } from './trade-room-realtime-props.ts';
import { AccessLog, CustomDomain, RealtimeWebSocketApi } from './web-socket-api.ts';

export type { TradeRoomRealtimeProps };

/** The Trade Room's realtime backend: events put on its bus reach every client in their room. */
export class TradeRoomRealtime extends Construct {
  readonly stageName: string;
  readonly postAllowance: PostAllowance;
  readonly streams: StreamSettings;
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
    const { authDeadlineSeconds = DEFAULT_AUTH_DEADLINE_SECONDS, publisherAccounts = [] } = props;
    this.stageName = props.stage ?? 'dev';
    this.postAllowance = postAllowance(props);
    this.streams = streamSettings(props);
    const name = nameOfStage(this.stageName);
    const logRetention = props.logRetention ?? RetentionDays.ONE_MONTH;

    this.table = new ConnectionTable(this, 'Table', {
      removalPolicy: props.removalPolicy ?? 'retain',
      ...(props.tableKeyArn !== undefined && { keyArn: props.tableKeyArn }),
    });
    this.queues = new RealtimeQueues(this, 'Queues', { prefix: name, authDeadlineSeconds });
    this.events = new RoomEventBus(this, 'Events', { eventBusName: name, publisherAccounts });
    this.accessLog = props.apiGatewayCloudWatchRole
      ? new AccessLog(this, 'AccessLog', { apiName: name, retention: logRetention })
      : undefined;
    this.webSocketApi = this.addWebSocketApi(name, props);
    this.functions = this.addFunctions(name, logRetention, props);

    const { functions, queues, webSocketApi, table } = this;
    const { eventBus } = this.events;
    const { postQuota } = this.postAllowance;
    const routes = webSocketApi.addRoutes(functions);
    // While the routes are made, the new role becomes visible to API Gateway; AWS names no time for it.
    this.accessLog?.account.node.addDependency(...routes);
    const maximumConcurrency = { 'room-events.fifo': this.streams.broadcastConcurrency };
    const consumers = new QueueConsumers(this, 'Consumers', { functions, queues, maximumConcurrency });
    this.ingestRule = new IngestRule(this, 'Ingest', { prefix: name, eventBus, functions, queues });
    const behind = [webSocketApi.stage, consumers, this.ingestRule];
    const { canary } = functions.byName;
    this.canary =
      canary === undefined ? undefined : new Canary(this, 'Canary', { prefix: name, canary, queues, behind });
    const { alarmEmail, alarmTopicArn } = props;
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

  private addWebSocketApi(apiName: string, props: TradeRoomRealtimeProps): RealtimeWebSocketApi {
    const { throttle = DEFAULT_THROTTLE, customDomain } = props;
    const { accessLog } = this;
    const webSocketApi = new RealtimeWebSocketApi(this, 'WebSocket', {
      apiName,
      stageName: this.stageName,
      throttle,
      ...(accessLog !== undefined && { accessLog: accessLog.settings }),
      ...(customDomain !== undefined && { customDomain: new CustomDomain(this, 'Domain', customDomain) }),
    });
    if (accessLog !== undefined) webSocketApi.stage.node.addDependency(accessLog.account);
    return webSocketApi;
  }

  private addFunctions(
    prefix: string,
    logRetention: RetentionDays,
    props: TradeRoomRealtimeProps,
  ): RealtimeFunctions {
    const { tokens, roomAccess = 'open', bundles, tableKeyArn, canarySecretName } = props;
    // The auth function reads them at its cold start, when it would be too late to learn that they are wrong.
    const { mode: tokenMode } = parseTokenSettings(JSON.stringify(tokens));
    const { queues, webSocketApi, streams } = this;
    const { table } = this.table;
    const { postsPerSecond } = this.postAllowance;
    const { eventBusName, eventBusArn } = this.events.eventBus;
    const canaryTokens = tokenSource(tokens, canarySecretName);
    const values = {
      ...{ prefix, table, queues, webSocketApi, eventBusName, tokens, canaryTokens },
      ...{ roomAccess, postsPerSecond, streams, tracedRooms: checkTracedRooms(props.tracedRooms ?? []) },
    };
    const functions = new RealtimeFunctions(this, 'Functions', {
      prefix,
      hasCanary: props.canary !== false,
      tokenMode,
      logRetention,
      environment: functionEnvironment(values),
      ...(bundles !== undefined && { bundles }),
    });
    const jwtSecretArn = tokens.mode === 'shared-secret' ? secretArn(this, tokens.secretId) : undefined;
    const canarySecretArn = 'secretId' in canaryTokens ? secretArn(this, canaryTokens.secretId) : undefined;
    grantPermissions(functions.byName, {
      ...{ table, tableKeyArn, queues, webSocketApi, eventBusArn, jwtSecretArn, canarySecretArn },
    });
    return functions;
  }
}
