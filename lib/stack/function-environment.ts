import { Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { TokenSettingsInput } from '../auth/token-settings.ts';
import type { RoomAccess } from '../auth/user-of-claims.ts';
import type { EnvironmentVariable } from '../config/functions.ts';
import { METRICS_NAMESPACE } from '../config/metrics.ts';
import type { RealtimeQueues } from './realtime-queues.ts';
import type { RealtimeWebSocketApi } from './realtime-web-socket-api.ts';

export interface FunctionEnvironmentProps {
  /** Name in logs and metrics. */
  serviceName: string;
  table: TableV2;
  queues: RealtimeQueues;
  webSocketApi: RealtimeWebSocketApi;
  tokens: TokenSettingsInput;
  roomAccess: RoomAccess;
}

/** The value of every variable in AWS; `lib/config/local-stack.ts` has those at home. */
export function functionEnvironment(props: FunctionEnvironmentProps): Record<EnvironmentVariable, string> {
  const { serviceName, table, queues, webSocketApi, tokens, roomAccess } = props;
  return {
    TABLE_NAME: table.tableName,
    CALLBACK_URL: webSocketApi.stage.callbackUrl,
    AUTH_DEADLINE_QUEUE_URL: queues.byName['auth-deadline'].queueUrl,
    EVENT_DEAD_LETTER_QUEUE_URL: queues.byName['event-dead-letters'].queueUrl,
    TOKEN_SETTINGS: Stack.of(webSocketApi).toJsonString(tokens),
    ROOM_ACCESS: roomAccess,
    POWERTOOLS_SERVICE_NAME: serviceName,
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
    POWERTOOLS_METRICS_DISABLED: 'false',
  };
}
