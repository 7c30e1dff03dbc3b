import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { TokenSettingsInput } from '../auth/token-settings.ts';
import type { RoomAccess } from '../auth/user.ts';
import type { ConnectionTableProps } from './connection-table.ts';
import type { PostAllowanceProps } from './post-allowance.ts';
import type { StreamSettingsProps } from './stream-settings.ts';
import type { CustomDomainProps } from './web-socket-api.ts';

export interface TradeRoomRealtimeProps extends PostAllowanceProps, StreamSettingsProps {
  /** How tokens are verified. There is no default: an open door is none. */
  tokens: TokenSettingsInput;
  /**
   * Everything is named after it (`trade-room-<stage>…`), so an account and region has each stage once. Nothing else
   * depends on it. Letters, digits and dashes.
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
  /**
   * `retain`: the table stays when the stack goes, and refuses to be deleted by hand. `destroy`: it goes with the stack.
   * @default 'retain'
   */
  removalPolicy?: ConnectionTableProps['removalPolicy'];
  /**
   * ARN of the symmetric KMS key, of the same region, that encrypts the table; its policy must let the account's IAM
   * policies decide. Every call of the functions then depends on the key, and KMS is billed.
   * @default a key that DynamoDB owns
   */
  tableKeyArn?: string;
  /**
   * Whether a function goes through the stage each minute as a client does, with an alarm when it does not come through.
   * @default true
   */
  canary?: boolean;
  /**
   * Name or ARN of a secret by which the canary gets a token: JSON with `tokenEndpoint`, `clientId` and `clientSecret`
   * for OAuth's client credentials grant (`scope` and `audience` if they are needed), or with a `token`.
   * @default it signs its own where tokens are signed with a secret; otherwise it has none, and starts at the bus
   */
  canarySecretName?: string;
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
   * Rooms whose events are logged at every step; `*` for all rooms. At most ten.
   * @default none
   */
  tracedRooms?: readonly string[];
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
   * ARN of an SNS topic, of the same region, that gets every alarm; its policy must let CloudWatch publish to it.
   * @default none
   */
  alarmTopicArn?: string;
  /**
   * Directory with `<functionName>/index.mjs`. `auth` must be built for the token mode.
   * @default the package brings the code; in the project itself it is made of the sources, by esbuild
   */
  bundles?: string;
}
