import type { ListSetting, NumberSetting, Setting, TextSetting } from './setting-kinds.ts';
import { settings } from './settings.ts';

// --- types ---

type Table = typeof settings;
export type SettingName = keyof Table;

type ValueOf<Entry> = Entry extends { kind: 'number' }
  ? number
  : Entry extends { kind: 'flag' }
    ? boolean
    : Entry extends { kind: 'list' }
      ? readonly string[]
      : Entry extends { choices: readonly (infer Choice)[] }
        ? Choice
        : string;

/** The settings with a prop of their own. */
export type PropName = {
  [Name in SettingName]: Table[Name] extends { of: string } ? never : Name;
}[SettingName];
export type TokenSettingName = {
  [Name in SettingName]: Table[Name] extends { of: 'tokens' } ? Name : never;
}[SettingName];
type LocalName = {
  [Name in SettingName]: Table[Name] extends { local: object } ? Name : never;
}[SettingName];

type ValuesOf<Name extends SettingName> = {
  [Each in Name as Table[Each] extends { default: unknown } ? Each : never]: ValueOf<Table[Each]>;
} & {
  [Each in Name as Table[Each] extends { default: unknown } ? never : Each]?: ValueOf<Table[Each]>;
};

/** The value of every setting of a stage. Without a default it may have none. */
export type Settings = ValuesOf<PropName>;
/** Values of some settings of a stage as somebody gave them. */
export type GivenSettings = { [Name in PropName]?: Settings[Name] | undefined };
/** Values of the settings of tokens as somebody gave them; `null` accepts any. */
export type GivenTokens = { [Name in TokenSettingName]?: ValueOf<Table[Name]> | null };
/** The values of a stage on the emulator, and those that only `npm start` has. */
export type LocalSettings = Settings & ValuesOf<LocalName>;

/** Stands for the value of a setting in the description of a queue. */
export interface SettingReference {
  setting: { [Name in PropName]: Table[Name] extends { kind: 'number' } ? Name : never }[PropName];
}

/** The variables that carry a setting to the functions. */
export type SettingVariable = {
  [Name in SettingName]: Table[Name] extends { variable: infer Variable } ? Variable : never;
}[SettingName];

// --- values ---

/** Every setting with its name, in the order of the table. */
export const settingEntries = Object.entries<Setting>(settings) as [SettingName, Setting][];
/** The settings with a prop of their own, all but those of tokens and of the emulator. */
export const propEntries = settingEntries.filter(([, { of }]) => of === undefined) as [PropName, Setting][];

/** The settings that together are the construct's prop `tokens`. */
export const tokenSettingNames = settingEntries
  .filter(([, { of }]) => of === 'tokens')
  .map(([name]) => name as TokenSettingName);

/** The names that `cdk deploy -c` accepts, in the order of the table. */
export const contextNames: readonly SettingName[] = settingEntries
  .filter(([, { of }]) => of !== 'emulator')
  .map(([name]) => name);

/** Every setting of a stage with the value it was given, or else its default. Throws a sentence at the first wrong one. */
export function settingsOf(
  given: GivenSettings,
  /** False for values that are not known yet, such as those that CloudFormation fills in: they are not checked. */
  isKnown: (value: unknown) => boolean = () => true,
): Settings {
  const values = propEntries.flatMap(([name, setting]) => {
    const value: unknown = given[name];
    if (value === undefined) return setting.default === undefined ? [] : [[name, setting.default]];
    if (setting.needs !== undefined && given[setting.needs as PropName] === undefined) {
      throw new Error(
        `${setting.needs} is missing beside ${name}; expected both settings, or neither of them`,
      );
    }
    const known = Array.isArray(value) ? value.every(isKnown) : isKnown(value);
    return [[name, known ? settingValue(name, setting, value) : value]];
  });
  return Object.fromEntries(values);
}

/**
 * The value of a setting, from text or from a value as code writes it.
 * Throws a sentence that begins with `name` and says what was expected.
 */
export function settingValue(name: string, setting: Setting, given: unknown): unknown {
  switch (setting.kind) {
    case 'number':
      return wholeNumber(name, setting, given);
    case 'flag':
      return choice(name, [true, false], given);
    case 'choice':
      return choice(name, setting.choices, given);
    case 'text':
      return matching(name, setting, String(given));
    case 'list':
      return list(name, setting, Array.isArray(given) ? given : String(given).split(','));
  }
}

function wholeNumber(name: string, { min, max, unit }: NumberSetting, given: unknown): number {
  const number = Number(given);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`${name}: expected a whole number of ${unit} from ${min} to ${max}, not "${given}"`);
}

function choice<Choice>(name: string, choices: readonly Choice[], given: unknown): Choice {
  const chosen = choices.find((possible) => String(possible) === String(given));
  if (chosen !== undefined) return chosen;
  throw new Error(`${name}: expected one of ${choices.join(', ')}, not "${given}"`);
}

function matching(name: string, { pattern, expected }: TextSetting, given: string): string {
  if (pattern === undefined || pattern.test(given)) return given;
  throw new Error(`${name}: expected ${expected}, not "${given}"`);
}

function list(name: string, { pattern, expected, most }: ListSetting, given: readonly unknown[]): string[] {
  const items = [...new Set(given.map((item) => String(item).trim()))];
  const wrong = items.find((item) => !pattern.test(item));
  if (wrong !== undefined) throw new Error(`${name}: expected ${expected}, not "${wrong}"`);
  if (most === undefined || items.length <= most) return items;
  throw new Error(`${name}: expected at most ${most} ${expected}, not ${items.length}`);
}

/** The text of a setting that somebody may have set. Throws when it is set but empty, which nobody means. */
export function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = String(value).trim();
  if (text !== '') return text;
  throw new Error(`${name} is set but empty; give it a value or leave it out`);
}

/** Reads the variables of `npm start`. Throws a sentence that names the variable and what was expected. */
export function readLocalSettings(environment: NodeJS.ProcessEnv): LocalSettings {
  const values = settingEntries.flatMap(([name, setting]) => {
    if (setting.local === undefined) return [];
    const { variable, default: localDefault = setting.default } = setting.local;
    const text = textOf(variable, environment[variable]);
    const value = text === undefined ? localDefault : settingValue(variable, setting, text);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...settingsOf({}), ...Object.fromEntries(values) };
}

/** The variables that carry settings to the functions, as text: lists are JSON. */
export function settingVariables(values: Settings): Record<SettingVariable, string> {
  const variables = propEntries.flatMap(([name, { variable }]) => {
    const value = values[name];
    return variable === undefined
      ? []
      : [[variable, Array.isArray(value) ? JSON.stringify(value) : String(value)]];
  });
  return Object.fromEntries(variables);
}

/** The number of a queue's description, which may be that of a setting. */
export function numberOf(value: number | SettingReference, values: Settings): number {
  return typeof value === 'number' ? value : values[value.setting];
}

/** Posts a second that one broadcast may make, over all its workers: at least one, or nobody would be served. */
export function postsPerSecond({
  postQuota = settings.postQuota.default,
  broadcastShare = settings.broadcastShare.default,
}: Pick<GivenSettings, 'postQuota' | 'broadcastShare'> = {}): number {
  return Math.max(1, (postQuota * broadcastShare) / 100);
}
