import { parseTokenSettings, type TokenMode, type TokenSettingsInput } from '../auth/token-settings.ts';
import type { ContextSettings } from './context-settings.ts';

export const tokenSettingNames = [
  'tokenIssuer',
  'tokenAudience',
  'jwksUri',
  'userPoolId',
  'userPoolClientId',
  'tokenUse',
  'jwtSecretName',
  'userIdClaim',
] as const;
type Name = (typeof tokenSettingNames)[number];

/** What each mode is recognized by, what it needs, and what else it understands. */
const modes: Record<TokenMode, { by: readonly Name[]; needs: readonly Name[]; also: readonly Name[] }> = {
  jwks: {
    by: ['tokenIssuer', 'tokenAudience', 'jwksUri'],
    needs: ['tokenIssuer', 'tokenAudience'],
    also: [],
  },
  cognito: {
    by: ['userPoolId', 'userPoolClientId'],
    needs: ['userPoolId', 'userPoolClientId'],
    also: ['tokenUse'],
  },
  'shared-secret': {
    by: ['jwtSecretName'],
    needs: ['jwtSecretName'],
    also: ['tokenIssuer', 'tokenAudience'],
  },
};

// An ARN ends with six characters that Secrets Manager has added; without them the function could not read it.
export const SECRET_NAME_OR_ARN =
  /^([\w/+=.@-]+|arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-\w{6})$/;
export const ONE_SECRET = 'the name of one secret, or its whole ARN';

const CHOICES = `  -c tokenIssuer=https://… -c tokenAudience=…      any issuer with a JWKS (jwksUri, where it is elsewhere)
  -c userPoolId=… -c userPoolClientId=…            a Cognito user pool
  -c jwtSecretName=…                               HS256 tokens, signed with a secret of Secrets Manager`;

/** Here `null` is a choice: any issuer, any audience. */
const MAY_BE_NULL: readonly string[] = ['tokenIssuer', 'tokenAudience'];

/** The one token mode that the settings choose. Throws a sentence where they choose none, two, or half of one. */
export function tokensOf(settings: ContextSettings): TokenSettingsInput {
  const given = tokenSettingNames.filter(
    (name) => (MAY_BE_NULL.includes(name) ? settings.textOrNull(name) : settings.text(name)) !== undefined,
  );
  const mode = modeOf(given);
  const { by, needs, also } = modes[mode];
  const foreign = given.find((name) => ![...by, ...also, 'userIdClaim'].includes(name));
  if (foreign !== undefined) {
    throw new Error(`${foreign} does not go with ${by[0]}; choose one way to verify tokens:\n${CHOICES}`);
  }
  const missing = needs.find((name) => !given.includes(name));
  if (missing !== undefined) {
    const waiver = mode === 'jwks' ? `, or -c ${missing}=null to accept any` : '';
    throw new Error(
      `${missing} is missing beside ${by.find((name) => given.includes(name))}; set it${waiver}`,
    );
  }
  return checked(inputOf(mode, settings));
}

function modeOf(given: readonly Name[]): TokenMode {
  if (given.includes('jwtSecretName')) return 'shared-secret';
  if (modes.cognito.by.some((name) => given.includes(name))) return 'cognito';
  if (modes.jwks.by.some((name) => given.includes(name))) return 'jwks';
  throw new Error(
    `No setting says whose tokens open a connection. Choose one way to verify them:\n${CHOICES}`,
  );
}

function inputOf(mode: TokenMode, settings: ContextSettings): Record<string, unknown> {
  const common = { mode, userIdClaim: settings.text('userIdClaim') };
  const issuer = settings.textOrNull('tokenIssuer');
  const audience = settings.textOrNull('tokenAudience');
  switch (mode) {
    case 'jwks':
      return {
        ...common,
        issuer,
        audience,
        jwksUri: settings.matching('jwksUri', /^https:\/\/[^/\s]/, 'an address that begins with https://'),
      };
    case 'cognito':
      return {
        ...common,
        userPoolId: settings.text('userPoolId'),
        clientId: clientsOf(settings),
        tokenUse: settings.oneOf('tokenUse', ['access', 'id']),
      };
    case 'shared-secret':
      // A shared secret enforces only what is set: null is the same as leaving it out.
      return {
        ...common,
        secretId: settings.matching('jwtSecretName', SECRET_NAME_OR_ARN, ONE_SECRET),
        issuer: issuer ?? undefined,
        audience: audience ?? undefined,
      };
  }
}

/** A single id stays a string, so that existing templates do not change. */
function clientsOf(settings: ContextSettings): string | string[] | undefined {
  const clients = settings.list('userPoolClientId', /^\s*\w+\s*$/, 'ids of app clients, separated by commas');
  return clients.length > 1 ? clients : clients[0];
}

/** As the auth function will read them. */
function checked(input: Record<string, unknown>): TokenSettingsInput {
  try {
    return parseTokenSettings(JSON.stringify(input));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The settings for tokens do not fit together. ${inNamesOfSettings(reason)}`, { cause });
  }
}

/** The auth function calls some settings otherwise than whoever deploys it. */
function inNamesOfSettings(reason: string): string {
  return reason
    .replace(/^TOKEN_SETTINGS[.:] ?/, '')
    .replace(/\b(an )?issuer\b/g, 'tokenIssuer')
    .replace(/\baudience\b/g, 'tokenAudience');
}
