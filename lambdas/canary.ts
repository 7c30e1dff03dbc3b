import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { cachedSecret } from '../lib/auth/shared-secret.ts';
import { putOnBus } from '../lib/canary/check-stage.ts';
import { canaryTokens, parseTokenSource, type TokenSource, type Tokens } from '../lib/canary/tokens.ts';
import { CANARY } from '../lib/config/canary.ts';
import { functions, readEnvironment } from '../lib/config/functions.ts';
import { storeDeps } from '../lib/lambda/adapters.ts';
import { clientOptions } from '../lib/lambda/client-options.ts';
import { createLog } from '../lib/lambda/log.ts';
import type { Metrics as OwnMetrics } from '../lib/lambda/metrics.ts';
import { onCanary } from '../lib/lambda/on-canary.ts';

/** How long each wait may take. Milliseconds. A chain of cold starts takes some seconds. */
const PATIENCE_MS = 5_000;
/** Time reserved after the steps to log their result. Milliseconds. */
const RESULT_LOG_MS = 5_000;

const environment = readEnvironment('canary');
const metrics: OwnMetrics = new Metrics();
const { store, clock, sleep } = storeDeps(new DynamoDBClient(clientOptions), environment.TABLE_NAME);

function tokensFrom(source: TokenSource): Tokens | undefined {
  if (source.from === 'nowhere') return undefined;
  return canaryTokens(source, {
    readSecret: cachedSecret(new SecretsManagerClient(clientOptions), source.secretId, clock),
    fetch,
    clock,
    patience: PATIENCE_MS,
    user: CANARY,
    room: CANARY,
  });
}

export const handler = onCanary({
  url: environment.WEB_SOCKET_URL,
  room: CANARY,
  tokens: tokensFrom(parseTokenSource(environment.CANARY_TOKENS)),
  put: putOnBus(new EventBridgeClient(clientOptions), {
    bus: environment.EVENT_BUS_NAME,
    source: 'trade-room.canary',
  }),
  roomLog: store,
  patience: PATIENCE_MS,
  timeLimitMs: functions.canary.timeoutSeconds * 1000 - RESULT_LOG_MS,
  newId: randomUUID,
  clock,
  sleep,
  countPassed(milliseconds) {
    metrics.addMetric('CanaryMs', MetricUnit.Milliseconds, milliseconds);
    metrics.publishStoredMetrics();
  },
  log: createLog(new Logger()),
});
