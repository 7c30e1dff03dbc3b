import { Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { TokenSettingsInput } from '../auth/token-settings.ts';
import type { RoomAccess } from '../auth/user.ts';
import type { TokenSource } from '../canary/tokens.ts';
import type { EnvironmentVariable } from '../config/functions.ts';
import { METRICS_NAMESPACE } from '../config/metrics.ts';
import { deployedName } from './realtime-functions.ts';
import type { RealtimeQueues } from './realtime-queues.ts';
import type { StreamSettings } from './stream-settings.ts';
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
  roomAccess: RoomAccess;
  /** Of one broadcast, over all its workers. */
  postsPerSecond: number;
  streams: StreamSettings;
  tracedRooms: readonly string[];
}

/** The value of every variable in AWS; `lib/config/local-stack.ts` has those locally. */
export function functionEnvironment(props: FunctionEnvironmentProps): Record<EnvironmentVariable, string> {
  const { prefix, table, queues, webSocketApi, tokens, roomAccess, postsPerSecond, streams, tracedRooms } =
    props;
  return {
    TABLE_NAME: table.tableName,
    CALLBACK_URL: webSocketApi.stage.callbackUrl,
    AUTH_DEADLINE_QUEUE_URL: queues.byName['auth-deadline'].queueUrl,
    EVENT_DEAD_LETTER_QUEUE_URL: queues.byName['event-dead-letters'].queueUrl,
    ROOM_EVENTS_QUEUE_URL: queues.byName['room-events.fifo'].queueUrl,
    BROADCAST_WORKER: deployedName(prefix, 'broadcastWorker'),
    POSTS_PER_SECOND: String(postsPerSecond),
    DELIVERY_INTERVAL_MS: String(streams.deliveryIntervalMs),
    RECOVERY_SECONDS: String(streams.recoverySeconds),
    TRACED_ROOMS: JSON.stringify(tracedRooms),
    TOKEN_SETTINGS: Stack.of(webSocketApi).toJsonString(tokens),
    ROOM_ACCESS: roomAccess,
    WEB_SOCKET_URL: webSocketApi.url,
    EVENT_BUS_NAME: props.eventBusName,
    CANARY_TOKENS: Stack.of(webSocketApi).toJsonString(props.canaryTokens),
    POWERTOOLS_SERVICE_NAME: prefix,
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
    POWERTOOLS_METRICS_DISABLED: 'false',
  };
}
