import { Token } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import { parseTokenSettings, type TokenMode, type TokenSettingsInput } from '../auth/token-settings.ts';
import {
  contextNames,
  type GivenSettings,
  type GivenTokens,
  type TokenSettingName as Name,
  type SettingName,
  type Settings,
  settingsOf,
  settingValue,
  textOf,
  tokenSettingNames,
} from '../config/read-settings.ts';
import type { Setting } from '../config/setting-kinds.ts';
import { settings } from '../config/settings.ts';

/** What `cdk deploy` may be told by `-c name=value` or in the context of cdk.json. */
export interface TradeRoomSettings extends Settings {
  tokens: TokenSettingsInput;
}

/**
 * The settings of a stage, with defaults. Values that CloudFormation fills in are not checked.
 * Throws a sentence that names the setting and what was expected.
 */
export function stageSettings(given: GivenSettings): Settings {
  return settingsOf(given, (value) => !Token.isUnresolved(value));
}

/**
 * Reads the settings from the context. Throws a sentence that names the setting and the remedy, also at a name that is
 * none: a misspelt setting would silently be a default.
 */
export function readSettings(node: Node): TradeRoomSettings {
  const context: Record<string, unknown> = node.getAllContext();
  const known: readonly string[] = contextNames;
  const unknown = Object.keys(context).filter((name) => !isOfCdk(name) && !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`${unknown.join(', ')}: no such setting; there are ${known.join(', ')}`);
  }
  const given = Object.fromEntries(
    contextNames.flatMap((name) => {
      const value = contextValue(name, context[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { ...stageSettings(given), tokens: tokensOf(given) };
}

/**
 * One value of the context: `-c` gives text, cdk.json also numbers, booleans, lists and null. In cdk.json `null` is not
 * set; for a setting where null is a choice of its own it is that choice, also as the text `null`.
 */
function contextValue(name: SettingName, given: unknown): unknown {
  const setting: Setting = settings[name];
  const text = textOf(name, given);
  if (text === undefined) return undefined;
  if (text !== 'null') return settingValue(name, setting, text);
  if (setting.kind === 'text' && setting.nullable) return null;
  if (given === null) return undefined;
  throw new Error(`${name}: expected a value, not "null"; leave it out to have the default`);
}

/** Feature flags, look-ups and `aws:cdk:…` have a separator in their names. */
function isOfCdk(name: string): boolean {
  return /[:@/]/.test(name) || name === 'cli-telemetry';
}

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

/** Replaces the names that the auth function has for its settings by the names of the stack's settings. */
function inNamesOfSettings(reason: string): string {
  return reason
    .replace(/^TOKEN_SETTINGS[.:] ?/, '')
    .replace(/\b(an )?issuer\b/g, 'tokenIssuer')
    .replace(/\baudience\b/g, 'tokenAudience');
}
