import type { TokenMode } from '../auth/token-settings.ts';

interface FunctionDescription {
  /** Path from the project's root; the file exports `handler`. */
  entry: string;
  timeoutSeconds: number;
  /** The variables the function reads. It is given these and no others, in AWS and at home. */
  environment: readonly string[];
}

const logging = ['POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_LOG_LEVEL'] as const;
const connections = ['TABLE_NAME', 'CALLBACK_URL', ...logging] as const;

/**
 * Every Lambda function. API Gateway waits 29 s for an integration; the functions of client messages end long before,
 * so that what a client waits for is their answer and not a timeout.
 */
export const functions = {
  connect: {
    entry: 'lambdas/connect.ts',
    timeoutSeconds: 10,
    environment: [...connections, 'AUTH_DEADLINE_QUEUE_URL'],
  },
  disconnect: { entry: 'lambdas/disconnect.ts', timeoutSeconds: 10, environment: connections },
  default: { entry: 'lambdas/default.ts', timeoutSeconds: 10, environment: [] },
  auth: {
    // One of `authEntries`: whoever builds it knows the token mode.
    entry: 'lambdas/auth-jwks.ts',
    timeoutSeconds: 10,
    environment: [...connections, 'TOKEN_SETTINGS', 'ROOM_ACCESS'],
  },
  subscribeRoom: { entry: 'lambdas/subscribe-room.ts', timeoutSeconds: 10, environment: connections },
  unsubscribeRoom: { entry: 'lambdas/unsubscribe-room.ts', timeoutSeconds: 10, environment: connections },
  ping: { entry: 'lambdas/ping.ts', timeoutSeconds: 10, environment: connections },
  authDeadline: { entry: 'lambdas/auth-deadline.ts', timeoutSeconds: 10, environment: connections },
  broadcast: {
    entry: 'lambdas/broadcast.ts',
    timeoutSeconds: 60,
    environment: [
      ...connections,
      'EVENT_DEAD_LETTER_QUEUE_URL',
      'POWERTOOLS_METRICS_NAMESPACE',
      'POWERTOOLS_METRICS_DISABLED',
    ],
  },
} as const satisfies Record<string, FunctionDescription>;

export type FunctionName = keyof typeof functions;
export type EnvironmentOf<Name extends FunctionName> = Record<
  (typeof functions)[Name]['environment'][number],
  string
>;

/** The auth function for each token mode: a function holds the code of one mode, so a token cannot choose another. */
export const authEntries = {
  jwks: 'lambdas/auth-jwks.ts',
  cognito: 'lambdas/auth-cognito.ts',
  'shared-secret': 'lambdas/auth-shared-secret.ts',
} as const satisfies Record<TokenMode, string>;

/** Function name → file, for this token mode. */
export function functionEntries(mode: TokenMode): Record<FunctionName, string> {
  const entries = Object.entries(functions).map(([name, { entry }]) => [name, entry]);
  return { ...Object.fromEntries(entries), auth: authEntries[mode] };
}
