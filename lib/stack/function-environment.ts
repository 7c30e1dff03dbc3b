import { Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { TokenSettingsInput } from '../auth/token-settings.ts';
import type { TokenSource } from '../canary/tokens.ts';
import type { EnvironmentVariable } from '../config/functions.ts';
import { METRICS_NAMESPACE } from '../config/metrics.ts';
import type { Settings } from '../config/read-settings.ts';
import { postsPerSecond, settingVariables } from '../config/read-settings.ts';
import { deployedName } from './realtime-functions.ts';
import type { RealtimeQueues } from './realtime-queues.ts';
import type { RealtimeWebSocketApi } from './web-socket-api.ts';

interface FunctionEnvironmentProps {
  /** Functions are named `<prefix>-<name>`; it is their name in logs and metrics, too. */
  prefix: string;
  table: TableV2;
  queues: RealtimeQueues;
  webSocketApi: RealtimeWebSocketApi;
  eventBusName: string;
  tokens: TokenSettingsInput;
  canaryTokens: TokenSource;
  settings: Settings;
}

/** The value of every variable in AWS; `lib/config/local-stack.ts` has those locally. */
export function functionEnvironment(props: FunctionEnvironmentProps): Record<EnvironmentVariable, string> {
  const { prefix, table, queues, webSocketApi, tokens, settings } = props;
  return {
    TABLE_NAME: table.tableName,
    CALLBACK_URL: webSocketApi.stage.callbackUrl,
    AUTH_DEADLINE_QUEUE_URL: queues.byName['auth-deadline'].queueUrl,
    EVENT_DEAD_LETTER_QUEUE_URL: queues.byName['event-dead-letters'].queueUrl,
    ROOM_EVENTS_QUEUE_URL: queues.byName['room-events.fifo'].queueUrl,
    BROADCAST_WORKER: deployedName(prefix, 'broadcastWorker'),
    ...settingVariables(settings),
    POSTS_PER_SECOND: String(postsPerSecond(settings)),
    TOKEN_SETTINGS: Stack.of(webSocketApi).toJsonString(tokens),
    WEB_SOCKET_URL: webSocketApi.url,
    EVENT_BUS_NAME: props.eventBusName,
    CANARY_TOKENS: Stack.of(webSocketApi).toJsonString(props.canaryTokens),
    POWERTOOLS_SERVICE_NAME: prefix,
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
    POWERTOOLS_METRICS_DISABLED: 'false',
  };
}
