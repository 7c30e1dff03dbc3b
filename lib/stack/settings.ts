import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';
import { DELIVERY_INTERVAL_RANGE, RECOVERY_RANGE } from '../config/delivery.ts';
import { BROADCAST_CONCURRENCY_RANGE, MAX_AUTH_DEADLINE_SECONDS } from '../config/queues.ts';
import { DEFAULT_THROTTLE } from '../config/triggers.ts';
import { removalPolicies } from './connection-table.ts';
import { ContextSettings } from './context-settings.ts';
import { BROADCAST_SHARE_RANGE, POST_QUOTA_RANGE, type PostAllowanceProps } from './post-allowance.ts';
import type { StreamSettingsProps } from './stream-settings.ts';
import { ONE_SECRET, SECRET_NAME_OR_ARN, tokenSettingNames, tokensOf } from './token-mode.ts';
import type { TradeRoomRealtimeProps } from './trade-room-realtime-props.ts';
import type { CustomDomainProps } from './web-socket-api.ts';

const settingNames = [
  'stage',
  ...tokenSettingNames,
  'roomAccess',
  'authDeadlineSeconds',
  'throttleRateLimit',
  'throttleBurstLimit',
  'postQuota',
  'broadcastShare',
  'broadcastConcurrency',
  'deliveryIntervalMs',
  'recoverySeconds',
  'tracedRooms',
  'removalPolicy',
  'tableKeyArn',
  'canary',
  'canarySecretName',
  'alarmEmail',
  'alarmTopicArn',
  'domainName',
  'certificateArn',
  'logRetentionDays',
  'apiGatewayCloudWatchRole',
  'publisherAccounts',
] as const;

/** What `cdk deploy` may be told by `-c name=value` or in the context of cdk.json. */
export interface TradeRoomSettings extends TradeRoomRealtimeProps {
  stage: string;
}

/** What an account may do at most, with a quota raised as far as one can imagine. */
const MAX_THROTTLE = 1_000_000;
// A grant on an alias is none: IAM knows keys by their own ARN only.
const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;
// Not a FIFO topic: alarms cannot name the group that it asks for.
const TOPIC_ARN = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/;
const retentionDays = Object.values(RetentionDays).filter((days) => typeof days === 'number');

/** Reads the settings. Throws a sentence that names the setting and the remedy. */
export function readSettings(node: Node): TradeRoomSettings {
  const settings = new ContextSettings(node, settingNames);
  const alarmEmail = settings.matching('alarmEmail', /^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address');
  const alarmTopicArn = settings.matching('alarmTopicArn', TOPIC_ARN, 'the ARN of an SNS topic');
  const roomAccess = settings.oneOf('roomAccess', ['open', 'claim']);
  const seconds = settings.wholeNumber('authDeadlineSeconds', { min: 1, max: MAX_AUTH_DEADLINE_SECONDS });
  const removalPolicy = settings.oneOf('removalPolicy', removalPolicies);
  const tableKeyArn = settings.matching('tableKeyArn', KEY_ARN, 'the ARN of a KMS key, not of an alias');
  const canary = settings.oneOf('canary', ['true', 'false']);
  const canarySecretName = settings.matching('canarySecretName', SECRET_NAME_OR_ARN, ONE_SECRET);
  const customDomain = customDomainOf(settings);
  return {
    // Names of functions end at 64 characters, and a stage begins like a word.
    stage:
      settings.matching(
        'stage',
        /^[a-z][a-z0-9-]{0,19}$/,
        'a lower-case letter, then at most 19 lower-case letters, digits or dashes',
      ) ?? 'dev',
    tokens: tokensOf(settings),
    throttle: throttleOf(settings),
    ...postAllowanceOf(settings),
    ...streamSettingsOf(settings),
    logRetention: logRetentionOf(settings),
    apiGatewayCloudWatchRole: settings.flag('apiGatewayCloudWatchRole'),
    tracedRooms: settings.list('tracedRooms'),
    publisherAccounts: [
      ...new Set(settings.list('publisherAccounts', /^\s*\d{12}\s*$/, 'account ids of 12 digits')),
    ],
    ...(roomAccess !== undefined && { roomAccess }),
    ...(seconds !== undefined && { authDeadlineSeconds: seconds }),
    ...(removalPolicy !== undefined && { removalPolicy }),
    ...(tableKeyArn !== undefined && { tableKeyArn }),
    ...(canary !== undefined && { canary: canary === 'true' }),
    ...(canarySecretName !== undefined && { canarySecretName }),
    ...(customDomain !== undefined && { customDomain }),
    ...(alarmEmail !== undefined && { alarmEmail }),
    ...(alarmTopicArn !== undefined && { alarmTopicArn }),
  };
}

function throttleOf(settings: ContextSettings) {
  const limits = { min: 1, max: MAX_THROTTLE };
  return {
    rateLimit: settings.wholeNumber('throttleRateLimit', limits) ?? DEFAULT_THROTTLE.rateLimit,
    burstLimit: settings.wholeNumber('throttleBurstLimit', limits) ?? DEFAULT_THROTTLE.burstLimit,
  };
}

function postAllowanceOf(settings: ContextSettings): PostAllowanceProps {
  const postQuota = settings.wholeNumber('postQuota', POST_QUOTA_RANGE);
  const broadcastShare = settings.wholeNumber('broadcastShare', BROADCAST_SHARE_RANGE);
  return {
    ...(postQuota !== undefined && { postQuota }),
    ...(broadcastShare !== undefined && { broadcastShare }),
  };
}

function streamSettingsOf(settings: ContextSettings): StreamSettingsProps {
  const deliveryIntervalMs = settings.wholeNumber('deliveryIntervalMs', DELIVERY_INTERVAL_RANGE);
  const recoverySeconds = settings.wholeNumber('recoverySeconds', RECOVERY_RANGE);
  const broadcastConcurrency = settings.wholeNumber('broadcastConcurrency', BROADCAST_CONCURRENCY_RANGE);
  return {
    ...(deliveryIntervalMs !== undefined && { deliveryIntervalMs }),
    ...(recoverySeconds !== undefined && { recoverySeconds }),
    ...(broadcastConcurrency !== undefined && { broadcastConcurrency }),
  };
}

// CloudWatch knows certain numbers of days only; anything else would fail the deploy.
function logRetentionOf(settings: ContextSettings): RetentionDays {
  const days = settings.oneOf('logRetentionDays', retentionDays.map(String));
  return days === undefined ? RetentionDays.ONE_MONTH : Number(days);
}

function customDomainOf(settings: ContextSettings): CustomDomainProps | undefined {
  const domainName = settings.matching(
    'domainName',
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i,
    'a name such as realtime.example.com',
  );
  const certificateArn = settings.matching(
    'certificateArn',
    /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
    'the ARN of a certificate in ACM',
  );
  if (domainName !== undefined && certificateArn !== undefined) return { domainName, certificateArn };
  if (domainName !== undefined)
    throw new Error(
      'certificateArn is missing beside domainName; set it to a certificate for that name, of the same region',
    );
  if (certificateArn !== undefined)
    throw new Error(
      'domainName is missing beside certificateArn; set it to the name that clients connect to',
    );
  return undefined;
}
