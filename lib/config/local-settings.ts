import type { TokenSettingsInput } from '../auth/token-settings.ts';
import { parseRoomAccess, type RoomAccess } from '../auth/user.ts';
import { DEFAULT_AUTH_DEADLINE_SECONDS, MAX_AUTH_DEADLINE_SECONDS } from './queues.ts';

/** What a developer may set in the environment of `npm start`. */
export interface LocalSettings {
  /** The REST API's HS256 secret; without it the development issuer's tokens are accepted. */
  secret: string | undefined;
  issuer: string | undefined;
  audience: string | undefined;
  userIdClaim: string;
  roomAccess: RoomAccess;
  authDeadlineSeconds: number;
  /** Invocations at the same time; without it AWS's default. */
  accountConcurrency: number | undefined;
  /** Whether the canary runs, each minute. */
  canary: boolean;
}

const SECRET_NAME = 'trade-room-local-jwt-secret';
const DEVELOPMENT_ISSUER = 'trade-room-local';
const DEVELOPMENT_AUDIENCE = 'trade-room';

/** Throws a sentence that names the variable and what was expected. */
export function readLocalSettings(environment: NodeJS.ProcessEnv): LocalSettings {
  return {
    secret: nonEmpty(environment, 'JWT_SECRET'),
    issuer: nonEmpty(environment, 'JWT_ISSUER'),
    audience: nonEmpty(environment, 'JWT_AUDIENCE'),
    userIdClaim: nonEmpty(environment, 'JWT_USER_ID_CLAIM') ?? 'sub',
    roomAccess: parseRoomAccess(environment['ROOM_ACCESS'] ?? 'open'),
    authDeadlineSeconds:
      wholeNumber(environment, 'AUTH_DEADLINE_SECONDS', {
        max: MAX_AUTH_DEADLINE_SECONDS,
        unit: 'seconds',
      }) ?? DEFAULT_AUTH_DEADLINE_SECONDS,
    accountConcurrency: wholeNumber(environment, 'ACCOUNT_CONCURRENCY', {
      max: 100_000,
      unit: 'invocations',
    }),
    canary: flag(environment, 'CANARY'),
  };
}

function nonEmpty(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  if (environment[name] === '') throw new Error(`${name} is set but empty; give it a value or unset it`);
  return environment[name];
}

function flag(environment: NodeJS.ProcessEnv, name: string): boolean {
  const text = environment[name] ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Error(`${name}: expected true or false`);
}

function wholeNumber(
  environment: NodeJS.ProcessEnv,
  name: string,
  { max, unit }: { max: number; unit: string },
): number | undefined {
  const text = environment[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw new Error(`${name}: expected a whole number of ${unit} from 1 to ${max}`);
}

/** The same choice for the function that verifies tokens and for the issuer that signs them, with its own key or a secret. */
export interface LocalTokens<Key> {
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
  settings: LocalSettings,
  developmentKey: Key,
): LocalTokens<Key> {
  const { secret, issuer, audience, userIdClaim } = settings;
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
