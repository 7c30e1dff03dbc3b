import { Token } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import type { TokenSettingsInput } from '../auth/token-settings.ts';
import {
  contextNames,
  type GivenSettings,
  type SettingName,
  type Settings,
  settingsOf,
  settingValue,
  textOf,
} from '../config/read-settings.ts';
import type { Setting } from '../config/setting-kinds.ts';
import { settings } from '../config/settings.ts';
import { tokensOf } from './token-mode.ts';

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
