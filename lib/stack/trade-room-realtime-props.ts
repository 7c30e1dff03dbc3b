import type { TokenSettingsInput } from '../auth/token-settings.ts';
import type { Settings } from '../config/read-settings.ts';

export interface TradeRoomRealtimeProps {
  /** How tokens are verified. There is no default: without it, anybody could connect. */
  tokens: TokenSettingsInput;
  /**
   * Directory with `<functionName>/index.mjs`. `auth` must be built for the token mode.
   * @default the package contains the code; in the project itself, esbuild builds it from the sources
   */
  bundles?: string;
  // generated: settings
  /**
   * The name of the stage. Every resource but the table is named `trade-room-<stage>`. Nothing else depends on it.
   * @default `dev` (a lower-case letter, then at most 19 lower-case letters, digits or dashes)
   */
  stage?: Settings['stage'];
  /**
   * `open`: every authenticated user may join every room. `claim`: the `rooms` claim of the token lists the rooms,
   * and `*` means all.
   * @default `open` (`open`, `claim`)
   */
  roomAccess?: Settings['roomAccess'];
  /**
   * A connection that does not authenticate within this time is closed.
   * @default 10 (1 to 900 seconds)
   */
  authDeadlineSeconds?: Settings['authDeadlineSeconds'];
  /**
   * Client messages that each route accepts a second, over all clients. API Gateway refuses the rest. Keep it below
   * the quota of the account, which broadcasts share.
   * @default 2,000 (1 to 1,000,000 messages a second)
   */
  throttleRateLimit?: Settings['throttleRateLimit'];
  /**
   * Client messages that each route accepts at once, over all clients.
   * @default 1,000 (1 to 1,000,000 messages)
   */
  throttleBurstLimit?: Settings['throttleBurstLimit'];
  /**
   * Requests a second that API Gateway accepts from the account in this region, all APIs together. The smaller
   * regions accept 2,500.
   * @default 10,000 (1 to 1,000,000 posts a second)
   */
  postQuota?: Settings['postQuota'];
  /**
   * Part of `postQuota` that one broadcast may use. The rest is for the messages of clients and their answers.
   * @default 90 (1 to 100 percent)
   */
  broadcastShare?: Settings['broadcastShare'];
  /**
   * Batches of room messages that are broadcast at the same time. It bounds the concurrency and the posts that
   * broadcasts take from the account. Workers of large rooms run in addition.
   * @default 50 (2 to 1,000 batches)
   */
  broadcastConcurrency?: Settings['broadcastConcurrency'];
  /**
   * Shortest time between two deliveries to a room. Events that arrive in between are sent together; of each state
   * only the newest is sent.
   * @default 200 (0 to 5,000 milliseconds)
   */
  deliveryIntervalMs?: Settings['deliveryIntervalMs'];
  /**
   * A client that was away for at most this time recovers the events that it missed.
   * @default 600 (360 to 86,400 seconds)
   */
  recoverySeconds?: Settings['recoverySeconds'];
  /**
   * Rooms whose events are logged at every step; `*` means all rooms.
   * @default none (room ids, separated by commas, or * for all; at most 10)
   */
  tracedRooms?: Settings['tracedRooms'];
  /**
   * `retain`: the table stays when the stack is deleted, and has deletion protection. `destroy`: the table is
   * deleted with the stack.
   * @default `retain` (`retain`, `destroy`)
   */
  removalPolicy?: Settings['removalPolicy'];
  /**
   * ARN of the symmetric KMS key, of the same region, that encrypts the table. Its policy must let IAM policies of
   * the account decide. Every call of the functions then depends on the key, and KMS is billed.
   * @default DynamoDB encrypts with a key of its own (the ARN of a KMS key, not of an alias)
   */
  tableKeyArn?: Settings['tableKeyArn'];
  /**
   * Whether a function goes through the stage each minute as a client does. An alarm tells when it does not succeed.
   * @default `true` (`true`, `false`)
   */
  canary?: Settings['canary'];
  /**
   * The secret by which the canary gets a token, by name or ARN. It holds JSON with `tokenEndpoint`, `clientId` and
   * `clientSecret` (and `scope` or `audience` if the issuer needs them), or with `token`.
   * @default with `jwtSecretName` the canary signs its own token; otherwise it has none (the name of one secret, or
   * its whole ARN)
   */
  canarySecretName?: Settings['canarySecretName'];
  /**
   * The e-mail address that receives every alarm. SNS first sends a link that confirms the address.
   * @default alarms only show in CloudWatch (an e-mail address)
   */
  alarmEmail?: Settings['alarmEmail'];
  /**
   * ARN of an SNS topic, of the same region, that receives every alarm. Its policy must let CloudWatch publish.
   * @default no topic (the ARN of an SNS topic)
   */
  alarmTopicArn?: Settings['alarmTopicArn'];
  /**
   * A domain of your own that clients connect to. Its DNS record must point to the output `DomainTarget`.
   * @default clients connect to the address that API Gateway assigns (a name such as realtime.example.com)
   */
  domainName?: Settings['domainName'];
  /**
   * ARN of the certificate for `domainName`, of the same region.
   * @default needed with `domainName` (the ARN of a certificate in ACM)
   */
  certificateArn?: Settings['certificateArn'];
  /**
   * Days for which CloudWatch keeps every log group.
   * @default 30 (`1`, `3`, `5`, `7`, `14`, `30`, `60`, `90`, `120`, `150`, `180`, `365`, `400`, `545`, `731`,
   * `1096`, `1827`, `2192`, `2557`, `2922`, `3288`, `3653`, `9999`)
   */
  logRetentionDays?: Settings['logRetentionDays'];
  /**
   * Whether the stack writes access logs and sets the CloudWatch role of API Gateway, which an account and region
   * has only once.
   * @default `false` (`true`, `false`)
   */
  apiGatewayCloudWatchRole?: Settings['apiGatewayCloudWatchRole'];
  /**
   * Other AWS accounts that may put events on the bus, separated by commas.
   * @default none (account ids of 12 digits)
   */
  publisherAccounts?: Settings['publisherAccounts'];
  // end
}
