import { tokenDefaults } from '../auth/user.ts';
import { awsLimits } from './aws-limits.ts';
import { formats, RETENTION_DAYS, type Setting } from './setting-kinds.ts';

/** Far above any quota that AWS grants. */
const A_SECOND = { kind: 'number', min: 1, max: 1_000_000 } as const;

/**
 * Every setting of a stage and of the emulator, in the order of the documents. From an entry derive the construct's prop,
 * the name and the check of `cdk deploy -c name=value`, the variable that functions read, the variable of `npm start`,
 * and the rows of the documents. A new setting is one entry here, and the code that uses it.
 */
export const settings = {
  stage: {
    kind: 'text',
    ...formats.stageName,
    default: 'dev',
    sentence:
      'The name of the stage. Every resource but the table is named `trade-room-<stage>`. Nothing else depends on it.',
  },
  tokenIssuer: {
    kind: 'text',
    of: 'tokens',
    nullable: true,
    local: {
      variable: 'JWT_ISSUER',
      otherwise: '`trade-room-local`; with `JWT_SECRET` not checked',
      sentence: 'The issuer that tokens must name.',
    },
    otherwise: 'needed with a JWKS; not checked with `jwtSecretName`',
    sentence: 'The issuer that tokens must name. `null` accepts any issuer.',
  },
  tokenAudience: {
    kind: 'text',
    of: 'tokens',
    nullable: true,
    local: {
      variable: 'JWT_AUDIENCE',
      otherwise: '`trade-room`; with `JWT_SECRET` not checked',
      sentence: 'The audience that tokens must name.',
    },
    otherwise: 'needed with a JWKS; not checked with `jwtSecretName`',
    sentence: 'The audience that tokens must name. `null` accepts any audience.',
  },
  jwksUri: {
    kind: 'text',
    of: 'tokens',
    ...formats.httpsAddress,
    otherwise: '`<tokenIssuer>/.well-known/jwks.json`',
    sentence:
      'The address of the keys that verify tokens. Each new environment of the auth function fetches it once, and again for an unknown key id: ten times without a pause, then every two seconds.',
  },
  userPoolId: {
    kind: 'text',
    of: 'tokens',
    otherwise: 'tokens are not of Cognito',
    sentence: 'The Cognito user pool that issues the tokens.',
  },
  userPoolClientId: {
    kind: 'list',
    of: 'tokens',
    ...formats.appClients,
    otherwise: 'needed with `userPoolId`',
    sentence: 'The app clients of the user pool whose tokens are accepted, separated by commas.',
  },
  tokenUse: {
    kind: 'choice',
    of: 'tokens',
    choices: ['access', 'id'],
    default: tokenDefaults.tokenUse,
    sentence: 'The kind of Cognito token that is accepted.',
  },
  jwtSecretName: {
    kind: 'text',
    of: 'tokens',
    ...formats.secret,
    otherwise: 'tokens are not signed with a secret',
    sentence: 'The secret of Secrets Manager that signs the HS256 tokens, by name or ARN.',
  },
  userIdClaim: {
    kind: 'text',
    of: 'tokens',
    local: { variable: 'JWT_USER_ID_CLAIM' },
    default: tokenDefaults.userIdClaim,
    sentence: 'The claim with the user id. Tokens of the existing REST API have it in `id`.',
  },
  roomAccess: {
    kind: 'choice',
    choices: ['open', 'claim'],
    default: 'open',
    variable: 'ROOM_ACCESS',
    local: { variable: 'ROOM_ACCESS' },
    sentence:
      '`open`: every authenticated user may join every room. `claim`: the `rooms` claim of the token lists the rooms, and `*` means all.',
  },
  authDeadlineSeconds: {
    kind: 'number',
    min: 1,
    // The deadline is a delayed message of SQS.
    max: awsLimits.delaySeconds.value,
    unit: 'seconds',
    default: 10,
    local: { variable: 'AUTH_DEADLINE_SECONDS' },
    sentence: 'A connection that does not authenticate within this time is closed.',
  },
  throttleRateLimit: {
    ...A_SECOND,
    unit: 'messages a second',
    default: 2_000,
    sentence:
      'Client messages that each route accepts a second, over all clients. API Gateway refuses the rest. Keep it below the quota of the account, which broadcasts share.',
  },
  throttleBurstLimit: {
    ...A_SECOND,
    unit: 'messages',
    default: 1_000,
    sentence: 'Client messages that each route accepts at once, over all clients.',
  },
  postQuota: {
    ...A_SECOND,
    unit: 'posts a second',
    default: awsLimits.requestsPerSecond.value,
    sentence:
      'Requests a second that API Gateway accepts from the account in this region, all APIs together. The smaller regions accept 2,500.',
  },
  broadcastShare: {
    kind: 'number',
    min: 1,
    max: 100,
    unit: 'percent',
    default: 90,
    sentence:
      'Part of `postQuota` that one broadcast may use. The rest is for the messages of clients and their answers.',
  },
  broadcastConcurrency: {
    kind: 'number',
    min: 2,
    max: awsLimits.maximumConcurrency.value,
    unit: 'batches',
    // Each batch posts as fast as the account may, and batches share by what 429 tells them: that works for some of
    // them, not for a thousand.
    default: 50,
    sentence:
      'Batches of room messages that are broadcast at the same time. It bounds the concurrency and the posts that broadcasts take from the account. Workers of large rooms run in addition.',
  },
  deliveryIntervalMs: {
    kind: 'number',
    min: 0,
    max: 5_000,
    unit: 'milliseconds',
    default: 200,
    variable: 'DELIVERY_INTERVAL_MS',
    sentence:
      'Shortest time between two deliveries to a room. Events that arrive in between are sent together; of each state only the newest is sent.',
  },
  recoverySeconds: {
    kind: 'number',
    // A logged event must still be there when the stream makes its last attempt to send it.
    min: 360,
    max: 86_400,
    unit: 'seconds',
    default: 600,
    variable: 'RECOVERY_SECONDS',
    sentence: 'A client that was away for at most this time recovers the events that it missed.',
  },
  tracedRooms: {
    kind: 'list',
    ...formats.rooms,
    // The ids are in a variable, and Lambda accepts 4 KB of variables in all.
    most: 10,
    default: [],
    variable: 'TRACED_ROOMS',
    sentence: 'Rooms whose events are logged at every step; `*` means all rooms.',
  },
  removalPolicy: {
    kind: 'choice',
    choices: ['retain', 'destroy'],
    default: 'retain',
    sentence:
      '`retain`: the table stays when the stack is deleted, and has deletion protection. `destroy`: the table is deleted with the stack.',
  },
  tableKeyArn: {
    kind: 'text',
    ...formats.kmsKey,
    otherwise: 'DynamoDB encrypts with a key of its own',
    sentence:
      'ARN of the symmetric KMS key, of the same region, that encrypts the table. Its policy must let IAM policies of the account decide. Every call of the functions then depends on the key, and KMS is billed.',
  },
  canary: {
    kind: 'flag',
    default: true,
    local: {
      variable: 'CANARY',
      default: false,
      sentence: 'Whether the canary runs each minute. The log says how each run went.',
    },
    sentence:
      'Whether a function goes through the stage each minute as a client does. An alarm tells when it does not succeed.',
  },
  canarySecretName: {
    kind: 'text',
    ...formats.secret,
    otherwise: 'with `jwtSecretName` the canary signs its own token; otherwise it has none',
    sentence:
      'The secret by which the canary gets a token, by name or ARN. It holds JSON with `tokenEndpoint`, `clientId` and `clientSecret` (and `scope` or `audience` if the issuer needs them), or with `token`.',
  },
  alarmEmail: {
    kind: 'text',
    ...formats.emailAddress,
    otherwise: 'alarms only show in CloudWatch',
    sentence:
      'The e-mail address that receives every alarm. SNS first sends a link that confirms the address.',
  },
  alarmTopicArn: {
    kind: 'text',
    ...formats.snsTopic,
    otherwise: 'no topic',
    sentence:
      'ARN of an SNS topic, of the same region, that receives every alarm. Its policy must let CloudWatch publish.',
  },
  domainName: {
    kind: 'text',
    ...formats.domain,
    needs: 'certificateArn',
    otherwise: 'clients connect to the address that API Gateway assigns',
    sentence:
      'A domain of your own that clients connect to. Its DNS record must point to the output `DomainTarget`.',
  },
  certificateArn: {
    kind: 'text',
    ...formats.certificate,
    needs: 'domainName',
    otherwise: 'needed with `domainName`',
    sentence: 'ARN of the certificate for `domainName`, of the same region.',
  },
  logRetentionDays: {
    kind: 'choice',
    choices: RETENTION_DAYS,
    default: 30,
    sentence: 'Days for which CloudWatch keeps every log group.',
  },
  apiGatewayCloudWatchRole: {
    kind: 'flag',
    default: false,
    sentence:
      'Whether the stack writes access logs and sets the CloudWatch role of API Gateway, which an account and region has only once.',
  },
  publisherAccounts: {
    kind: 'list',
    ...formats.accounts,
    default: [],
    sentence: 'Other AWS accounts that may put events on the bus, separated by commas.',
  },
  jwtSecret: {
    kind: 'text',
    of: 'emulator',
    local: { variable: 'JWT_SECRET' },
    otherwise: 'the development issuer signs the tokens',
    sentence: 'The secret that signs the HS256 tokens of a REST API. Those tokens are then accepted.',
  },
  accountConcurrency: {
    kind: 'number',
    of: 'emulator',
    min: 1,
    max: 100_000,
    unit: 'invocations',
    local: { variable: 'ACCOUNT_CONCURRENCY' },
    otherwise: '1,000, the default of AWS',
    sentence: 'Functions that may run at the same time. A new AWS account may have as few as 10.',
  },
} as const satisfies Record<string, Setting>;
