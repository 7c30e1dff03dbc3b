import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { parseTokenSettings, type TokenSettingsInput } from '../auth/token-settings.ts';
import type { RoomAccess } from '../auth/user-of-claims.ts';
import { nameOfStage } from '../config/names.ts';
import { DEFAULT_AUTH_DEADLINE_SECONDS } from '../config/queues.ts';
import { AccessLog } from './access-log.ts';
import { acknowledgeRules } from './acknowledgements.ts';
import { AuthDeadlineConsumer } from './auth-deadline-consumer.ts';
import { BroadcastRule } from './broadcast-rule.ts';
import { ConnectionTable } from './connection-table.ts';
import { CustomDomain, type CustomDomainProps } from './custom-domain.ts';
import { functionEnvironment } from './function-environment.ts';
import { grantPermissions } from './function-permissions.ts';
import { secretArn } from './jwt-secret.ts';
import { Operations } from './operations.ts';
import { RealtimeFunctions } from './realtime-functions.ts';
import { RealtimeQueues } from './realtime-queues.ts';
import { RealtimeWebSocketApi } from './realtime-web-socket-api.ts';
import { RoomEventBus } from './room-event-bus.ts';

export interface TradeRoomRealtimeProps {
  /** How tokens are verified. There is no default: an open door is none. */
  tokens: TokenSettingsInput;
  /**
   * Everything is named after it (`trade-room-<stage>…`), so an account and region has each stage once. `prod` keeps
   * its table when the stack goes. Letters, digits and dashes.
   * @default 'dev'
   */
  stage?: string;
  /**
   * `open`: every authenticated user may join every room. `claim`: the token's `rooms` claim lists them.
   * @default 'open'
   */
  roomAccess?: RoomAccess;
  /**
   * Seconds within which a connection must authenticate, or is closed. At most 900.
   * @default 10
   */
  authDeadlineSeconds?: number;
  /**
   * Messages a second and route, over all clients; the rest is refused. Below the account's own limit, which
   * broadcasts share.
   * @default 2,000 a second, bursts of 1,000
   */
  throttle?: Required<ThrottleSettings>;
  /** @default one month */
  logRetention?: RetentionDays;
  /** @default the address that API Gateway gives */
  customDomain?: CustomDomainProps;
  /**
   * Write an access log, and own the CloudWatch role of API Gateway, which the account and region has only once.
   * @default false
   */
  apiGatewayCloudWatchRole?: boolean;
  /**
   * Other AWS accounts that may put events on the bus.
   * @default none
   */
  publisherAccounts?: readonly string[];
  /**
   * Gets every alarm, after confirming by the link that SNS sends.
   * @default alarms only show in CloudWatch
   */
  alarmEmail?: string;
  /**
   * Directory with `<functionName>/index.mjs`. `auth` must be built for the token mode.
   * @default the functions are bundled from the project's sources by esbuild
   */
  bundles?: string;
}

export const DEFAULT_THROTTLE: Required<ThrottleSettings> = { rateLimit: 2_000, burstLimit: 1_000 };

/** The Trade Room's realtime backend: events put on its bus reach every client in their room. */
export class TradeRoomRealtime extends Construct {
  readonly stageName: string;
  readonly table: ConnectionTable;
  readonly queues: RealtimeQueues;
  readonly events: RoomEventBus;
  readonly webSocketApi: RealtimeWebSocketApi;
  readonly functions: RealtimeFunctions;
  readonly broadcastRule: BroadcastRule;
  readonly operations: Operations;
  /** Where `apiGatewayCloudWatchRole` is set. */
  readonly accessLog: AccessLog | undefined;

  constructor(scope: Construct, id: string, props: TradeRoomRealtimeProps) {
    super(scope, id);
    const { authDeadlineSeconds = DEFAULT_AUTH_DEADLINE_SECONDS, publisherAccounts = [] } = props;
    this.stageName = props.stage ?? 'dev';
    const name = nameOfStage(this.stageName);
    const logRetention = props.logRetention ?? RetentionDays.ONE_MONTH;

    this.table = new ConnectionTable(this, 'Table', { tableName: name, retain: this.stageName === 'prod' });
    this.queues = new RealtimeQueues(this, 'Queues', { prefix: name, authDeadlineSeconds });
    this.events = new RoomEventBus(this, 'Events', { eventBusName: name, publisherAccounts });
    this.accessLog = props.apiGatewayCloudWatchRole
      ? new AccessLog(this, 'AccessLog', { apiName: name, retention: logRetention })
      : undefined;
    this.webSocketApi = this.addWebSocketApi(name, props);
    this.functions = this.addFunctions(name, logRetention, props);

    const { functions, queues, webSocketApi, table } = this;
    const { eventBus } = this.events;
    webSocketApi.addRoutes(functions);
    new AuthDeadlineConsumer(this, 'AuthDeadline', { functions, queues });
    this.broadcastRule = new BroadcastRule(this, 'Broadcast', { eventBus, functions, queues });
    const watched = { webSocketApi, functions, queues, table, alarmEmail: props.alarmEmail };
    this.operations = new Operations(this, 'Operations', { name, ...watched });
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
    { tokens, roomAccess = 'open', bundles }: TradeRoomRealtimeProps,
  ): RealtimeFunctions {
    // The auth function reads them at its cold start, when it would be too late to learn that they are wrong.
    const { mode: tokenMode } = parseTokenSettings(JSON.stringify(tokens));
    const { queues, webSocketApi } = this;
    const { table } = this.table;
    const values = { serviceName: prefix, table, queues, webSocketApi, tokens, roomAccess };
    const functions = new RealtimeFunctions(this, 'Functions', {
      prefix,
      tokenMode,
      logRetention,
      environment: functionEnvironment(values),
      ...(bundles !== undefined && { bundles }),
    });
    const jwtSecretArn = tokens.mode === 'shared-secret' ? secretArn(this, tokens.secretId) : undefined;
    grantPermissions(functions.byName, { table, queues, webSocketApi, jwtSecretArn });
    return functions;
  }
}
