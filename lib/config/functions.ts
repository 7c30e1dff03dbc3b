import type { TokenMode } from '../auth/token-settings.ts';

export interface FunctionDescription {
  /** Path from the project's root; the file exports `handler`. */
  entry: string;
  timeoutSeconds: number;
  /** Lambda gives CPU by memory: 1,769 MB is one core. */
  memoryMB: number;
  /** The variables the function reads. It is given these and no others, in AWS and locally. */
  environment: readonly string[];
  /**
   * Whether the function may be invoked without limit by messages that it sent itself. By default Lambda stops a chain
   * after approximately 16 invocations (https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html), so a
   * comment beside `allow` must say why the loop ends.
   */
  recursiveLoop?: 'allow';
}

const logging = ['POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_LOG_LEVEL'] as const;
// A third of a core: what a handler does is wait for DynamoDB, and a cold start should not wait for the CPU.
const small = { timeoutSeconds: 10, memoryMB: 512 } as const;
// Signing and sending a post is CPU; more than one core would idle, as JavaScript has one.
const oneCore = 1769;
const measuring = ['POWERTOOLS_METRICS_NAMESPACE', 'POWERTOOLS_METRICS_DISABLED'] as const;
const connections = ['TABLE_NAME', 'CALLBACK_URL', ...logging] as const;

/**
 * Every Lambda function. API Gateway waits 29 s for an integration; the functions of client messages end long before,
 * so that what a client waits for is their answer and not a timeout.
 */
export const functions = {
  connect: {
    entry: 'lambdas/connect.ts',
    ...small,
    environment: [...connections, 'AUTH_DEADLINE_QUEUE_URL'],
  },
  disconnect: { entry: 'lambdas/disconnect.ts', ...small, environment: connections },
  default: { entry: 'lambdas/default.ts', ...small, environment: [] },
  auth: {
    // One of `authEntries`, chosen by the token mode.
    entry: 'lambdas/auth-jwks.ts',
    ...small,
    // It may have to wait for keys or a secret first.
    timeoutSeconds: 25,
    environment: [...connections, ...measuring, 'TOKEN_SETTINGS', 'ROOM_ACCESS'],
  },
  subscribeRoom: { entry: 'lambdas/subscribe-room.ts', ...small, environment: connections },
  unsubscribeRoom: { entry: 'lambdas/unsubscribe-room.ts', ...small, environment: connections },
  ping: { entry: 'lambdas/ping.ts', ...small, environment: connections },
  authDeadline: {
    entry: 'lambdas/auth-deadline.ts',
    ...small,
    environment: [...connections, ...measuring],
  },
  ingest: {
    entry: 'lambdas/ingest.ts',
    ...small,
    environment: [
      ...logging,
      ...measuring,
      'ROOM_EVENTS_QUEUE_URL',
      'EVENT_DEAD_LETTER_QUEUE_URL',
      'TRACED_ROOMS',
    ],
  },
  broadcast: {
    entry: 'lambdas/broadcast.ts',
    // It waits for its workers, which begin later.
    timeoutSeconds: 150,
    memoryMB: oneCore,
    // It sends delivery requests to its own queue while a room's log holds more than one delivery can deliver, and only after
    // `deliveredSeq` has grown: the loop ends with the log.
    recursiveLoop: 'allow',
    environment: [
      ...connections,
      ...measuring,
      'ROOM_EVENTS_QUEUE_URL',
      'EVENT_DEAD_LETTER_QUEUE_URL',
      'BROADCAST_WORKER',
      'POSTS_PER_SECOND',
      'DELIVERY_INTERVAL_MS',
      'RECOVERY_SECONDS',
      'TRACED_ROOMS',
    ],
  },
  // Not the broadcaster itself once more: in a rush of events it would hold the concurrency that it waits for.
  broadcastWorker: {
    entry: 'lambdas/broadcast-worker.ts',
    timeoutSeconds: 60,
    memoryMB: oneCore,
    environment: connections,
  },
  canary: {
    entry: 'lambdas/canary.ts',
    ...small,
    // Less than the minute after which the next run begins.
    timeoutSeconds: 55,
    environment: [
      'TABLE_NAME',
      'WEB_SOCKET_URL',
      'EVENT_BUS_NAME',
      'CANARY_TOKENS',
      ...logging,
      ...measuring,
    ],
  },
} as const satisfies Record<string, FunctionDescription>;

/** Set in AWS beside what a function declares: Node reads it, the function does not. */
export const nodeEnvironment = {
  // The bundles are minified: without it a stack trace is one line of noise.
  NODE_OPTIONS: '--enable-source-maps',
} as const;

export type FunctionName = keyof typeof functions;
type EnvironmentOf<Name extends FunctionName> = Record<
  (typeof functions)[Name]['environment'][number],
  string
>;

export type EnvironmentVariable = (typeof functions)[FunctionName]['environment'][number];

/** The auth function for each token mode: a function holds the code of one mode, so a token cannot choose another. */
const authEntries = {
  jwks: 'lambdas/auth-jwks.ts',
  cognito: 'lambdas/auth-cognito.ts',
  'shared-secret': 'lambdas/auth-shared-secret.ts',
} as const satisfies Record<TokenMode, string>;

/** Function name → file, for this token mode. */
export function functionEntries(mode: TokenMode): Record<FunctionName, string> {
  const entries = Object.entries(functions).map(([name, { entry }]) => [name, entry]);
  return { ...Object.fromEntries(entries), auth: authEntries[mode] };
}

/** The variables of one function. Throws at cold start when the stack forgot one. */
export function readEnvironment<Name extends FunctionName>(
  name: Name,
  environment: NodeJS.ProcessEnv = process.env,
): EnvironmentOf<Name> {
  const missing = functions[name].environment.filter((variable) => environment[variable] === undefined);
  if (missing.length > 0) {
    const whose = `function ${name} (lib/config/functions.ts)`;
    throw new Error(
      `${missing.join(', ')} missing in the environment; the stack must set what ${whose} declares`,
    );
  }
  return environment as EnvironmentOf<Name>;
}
