import { parseTokenSettings, type TokenMode, type TokenSettingsInput } from '../auth/token-settings.ts';
import type { GivenTokens, TokenSettingName as Name } from '../config/read-settings.ts';
import { tokenSettingNames } from '../config/read-settings.ts';

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

const CHOICES = `  -c tokenIssuer=https://… -c tokenAudience=…      any issuer with a JWKS (jwksUri, where it is elsewhere)
  -c userPoolId=… -c userPoolClientId=…            a Cognito user pool
  -c jwtSecretName=…                               HS256 tokens, signed with a secret of Secrets Manager`;

/** The one token mode that the settings choose. Throws a sentence where they choose none, two, or half of one. */
export function tokensOf(values: GivenTokens): TokenSettingsInput {
  const given = tokenSettingNames.filter((name) => values[name] !== undefined);
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
  return checked(inputOf(mode, values));
}

function modeOf(given: readonly Name[]): TokenMode {
  if (given.includes('jwtSecretName')) return 'shared-secret';
  if (modes.cognito.by.some((name) => given.includes(name))) return 'cognito';
  if (modes.jwks.by.some((name) => given.includes(name))) return 'jwks';
  throw new Error(
    `No setting says whose tokens open a connection. Choose one way to verify them:\n${CHOICES}`,
  );
}

function inputOf(
  mode: TokenMode,
  { userIdClaim, tokenIssuer: issuer, tokenAudience: audience, ...given }: GivenTokens,
): Record<string, unknown> {
  const common = { mode, userIdClaim };
  switch (mode) {
    case 'jwks':
      return { ...common, issuer, audience, jwksUri: given.jwksUri };
    case 'cognito': {
      const { userPoolId, userPoolClientId: clients = [], tokenUse } = given;
      // A single id stays a string, so that existing templates do not change.
      const clientId = clients?.length === 1 ? clients[0] : clients;
      return { ...common, userPoolId, clientId, tokenUse };
    }
    case 'shared-secret':
      // A shared secret enforces only what is set: null is the same as leaving it out.
      return {
        ...common,
        secretId: given.jwtSecretName,
        issuer: issuer ?? undefined,
        audience: audience ?? undefined,
      };
  }
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
