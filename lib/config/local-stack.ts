import type { TokenSettingsInput } from '../auth/token-settings.ts';
import type { LambdaFunction, Queue, StackDescription } from '../local/description.ts';
import { canarySchedule, tokenSource } from './canary.ts';
import { type EnvironmentVariable, type FunctionName, functions } from './functions.ts';
import { METRICS_NAMESPACE } from './metrics.ts';
import { roleStatements, SECRET_SUFFIX, type StackArns } from './permissions.ts';
import { type QueueDescription, type QueueName, queues } from './queues.ts';
import {
  type LocalSettings,
  numberOf,
  postsPerSecond,
  type Settings,
  settingVariables,
} from './read-settings.ts';
import { nameOfStage, table } from './table.ts';
import { eventRule, ROUTE_SELECTION_EXPRESSION, routes } from './triggers.ts';

const STAGE = 'local';
/** Table and bus locally; queues begin with it. */
export const LOCAL_NAME = nameOfStage(STAGE);

const LOCAL_ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const API_ID = 'localaws00';
const CANARY_SECRET = `${LOCAL_NAME}-canary`;

const queueName = (name: QueueName) => `${LOCAL_NAME}-${name}`;

/** The whole stack with the values it has locally, for the emulator to serve. */
export function localStack(
  endpoint: string,
  settings: Settings,
  { settings: tokenSettings, secrets }: Pick<LocalTokens<unknown>, 'settings' | 'secrets'>,
): StackDescription {
  const queueUrl = (name: QueueName) => `${endpoint}/${LOCAL_ACCOUNT}/${queueName(name)}`;
  const values: Record<EnvironmentVariable, string> = {
    TABLE_NAME: LOCAL_NAME,
    CALLBACK_URL: `${endpoint}/${STAGE}`,
    AUTH_DEADLINE_QUEUE_URL: queueUrl('auth-deadline'),
    EVENT_DEAD_LETTER_QUEUE_URL: queueUrl('event-dead-letters'),
    ROOM_EVENTS_QUEUE_URL: queueUrl('room-events.fifo'),
    BROADCAST_WORKER: 'broadcastWorker',
    ...settingVariables(settings),
    POSTS_PER_SECOND: String(postsPerSecond(settings)),
    TOKEN_SETTINGS: JSON.stringify(tokenSettings),
    WEB_SOCKET_URL: endpoint.replace('http', 'ws'),
    EVENT_BUS_NAME: LOCAL_NAME,
    CANARY_TOKENS: JSON.stringify(tokenSource(tokenSettings, canarySecretOf(tokenSettings))),
    POWERTOOLS_SERVICE_NAME: 'trade-room',
    // Traces every room: the emulator keeps all lines, and its terminal shows fewer.
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
    POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
    // A metric is a line of JSON on standard output: nothing locally collects it.
    POWERTOOLS_METRICS_DISABLED: 'true',
  };
  const statements = roleStatements(localArns(tokenSettings));
  return {
    stage: STAGE,
    apiId: API_ID,
    region: REGION,
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, { environment, timeoutSeconds, memoryMB, ...loop }]) => [
        name,
        {
          environment: Object.fromEntries(environment.map((variable) => [variable, values[variable]])),
          timeoutSeconds,
          memoryMB,
          statements: statements[name as FunctionName],
          ...('recursiveLoop' in loop && { recursiveLoop: loop.recursiveLoop }),
          ...asynchronousOf(name),
        },
      ]),
    ),
    webSocketApi: {
      routeSelectionExpression: ROUTE_SELECTION_EXPRESSION,
      routes,
      throttle: { rateLimit: settings.throttleRateLimit, burstLimit: settings.throttleBurstLimit },
    },
    eventBus: { name: LOCAL_NAME, rules: [{ ...eventRule }] },
    queues: localQueues(settings),
    tables: [{ name: LOCAL_NAME, ...table }],
    secrets: {
      ...secrets,
      // The development issuer gives a token for credentials, too; it does not look at them.
      [CANARY_SECRET]: JSON.stringify({
        tokenEndpoint: `${endpoint}/dev/token`,
        clientId: canarySchedule.function,
        clientSecret: 'any',
      }),
    },
    schedules: settings.canary
      ? [
          {
            name: canarySchedule.name,
            everyMinutes: canarySchedule.everyMinutes,
            function: canarySchedule.function,
          },
        ]
      : [],
  };
}

/** As a stack in AWS has it whose tokens are not signed with a secret. */
function canarySecretOf({ mode }: LocalTokens<unknown>['settings']): string | undefined {
  return mode === 'shared-secret' ? undefined : CANARY_SECRET;
}

/** Of functions that the rule or the schedule invokes, as these say. */
function asynchronousOf(name: string): Pick<LambdaFunction, 'asynchronous'> {
  const invoker = [eventRule, canarySchedule].find((one) => one.function === name);
  if (invoker === undefined) return {};
  const { maximumRetryAttempts, maximumEventAgeSeconds, deadLetterQueue } = invoker;
  return {
    asynchronous: {
      maximumRetryAttempts,
      maximumEventAgeSeconds,
      onFailureQueue: queueName(deadLetterQueue),
    },
  };
}

function localArns(tokens: LocalTokens<unknown>['settings']): StackArns {
  const arn = (service: string, resource: string) =>
    `arn:aws:${service}:${REGION}:${LOCAL_ACCOUNT}:${resource}`;
  const secret = (name: string) => arn('secretsmanager', `secret:${name}${SECRET_SUFFIX}`);
  return {
    table: arn('dynamodb', `table/${LOCAL_NAME}`),
    queue: (name) => arn('sqs', queueName(name)),
    lambda: (name) => arn('lambda', `function:${name}`),
    connections: (method) => arn('execute-api', `${API_ID}/${STAGE}/${method}/@connections/*`),
    jwtSecret: tokens.mode === 'shared-secret' ? secret(tokens.secretId) : undefined,
    canarySecret: secret(tokens.mode === 'shared-secret' ? tokens.secretId : CANARY_SECRET),
    eventBus: arn('events', `event-bus/${LOCAL_NAME}`),
  };
}

function localQueues(settings: Settings): Record<string, Queue> {
  const described: Record<string, QueueDescription> = queues;
  return Object.fromEntries(
    Object.entries(described).map(([name, { delaySeconds = 0, redrive, consumer, ...queue }]) => [
      queueName(name as QueueName),
      {
        ...queue,
        delaySeconds: numberOf(delaySeconds, settings),
        ...(redrive && { redrive: { ...redrive, deadLetterQueue: queueName(redrive.deadLetterQueue) } }),
        ...(consumer && {
          consumer: { ...consumer, maximumConcurrency: numberOf(consumer.maximumConcurrency, settings) },
        }),
      },
    ]),
  );
}

const SECRET_NAME = 'trade-room-local-jwt-secret';
const DEVELOPMENT_ISSUER = 'trade-room-local';
const DEVELOPMENT_AUDIENCE = 'trade-room';

/** The same choice for the function that verifies tokens and for the issuer that signs them, with its own key or a secret. */
interface LocalTokens<Key> {
  settings: TokenSettingsInput;
  issuer: {
    mode: { kind: 'jwks'; key: Key } | { kind: 'shared-secret'; secret: string };
    issuer: string | undefined;
    audience: string | undefined;
    userIdClaim: string;
    /** Claims for machine clients such as the canary; with `ROOM_ACCESS=claim` they may join every room. */
    grantClaims?: { rooms: ['*'] };
  };
  /** Secrets Manager locally. */
  secrets: Record<string, string>;
}

/** The public key is given to the verifier directly: it would fetch keys over https only. */
export function localTokens<Key extends { publicJwk: object }>(
  settings: Pick<LocalSettings, 'jwtSecret' | 'tokenIssuer' | 'tokenAudience' | 'userIdClaim'>,
  developmentKey: Key,
): LocalTokens<Key> {
  const { jwtSecret: secret, tokenIssuer: issuer, tokenAudience: audience, userIdClaim } = settings;
  if (secret !== undefined) {
    const expected = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
    return {
      settings: { mode: 'shared-secret', secretId: SECRET_NAME, userIdClaim, ...expected },
      issuer: { mode: { kind: 'shared-secret', secret }, issuer, audience, userIdClaim },
      secrets: { [SECRET_NAME]: secret },
    };
  }
  const jwksUri = `data:application/json,${encodeURIComponent(JSON.stringify({ keys: [developmentKey.publicJwk] }))}`;
  const own = { issuer: issuer ?? DEVELOPMENT_ISSUER, audience: audience ?? DEVELOPMENT_AUDIENCE };
  return {
    settings: { mode: 'jwks', jwksUri, userIdClaim, ...own },
    issuer: {
      mode: { kind: 'jwks', key: developmentKey },
      userIdClaim,
      grantClaims: { rooms: ['*'] },
      ...own,
    },
    secrets: {},
  };
}
