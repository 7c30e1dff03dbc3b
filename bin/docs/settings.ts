import { contextNames, propEntries, settingEntries } from '../../lib/config/read-settings.ts';
import type { Setting } from '../../lib/config/setting-kinds.ts';
import { settings } from '../../lib/config/settings.ts';
import { code, codes, count, table } from './markdown.ts';

interface SettingRow {
  name: string;
  sentence: string;
  /** The values that are accepted, such as `1 to 900 seconds`. Empty if every text is. */
  range: string;
  /** The default, or what holds without one. */
  byDefault: string;
}

/** The settings of `cdk deploy -c name=value` and of the construct. */
export function settingTable(): string {
  return tableOf(
    'setting',
    contextNames.map((name) => rowOf(name, settings[name])),
  );
}

/** The variables of `npm start`. */
export function localSettingTable(): string {
  return tableOf('variable', localSettingRows());
}

function tableOf(head: string, rows: SettingRow[]): string {
  return table(
    [head, 'what it does', 'values', 'default'],
    rows.map(({ name, sentence, range, byDefault }) => [
      code(name),
      sentence,
      range || 'any text',
      byDefault,
    ]),
  );
}

/** The variables of `npm start`, for its usage. */
export function localSettingRows(): SettingRow[] {
  return settingEntries.flatMap(([, setting]) => {
    if (setting.local === undefined) return [];
    const { variable, ...different } = setting.local;
    return [rowOf(variable, { ...setting, ...different } as Setting)];
  });
}

function rowOf(name: string, setting: Setting): SettingRow {
  const { sentence } = setting;
  return { name, sentence, range: rangeOf(setting), byDefault: defaultOf(setting) };
}

const PROPS = /^( *\/\/ generated: settings\n)[\s\S]*?^( *\/\/ end)$/m;

/** The source of the construct's props, with those of the settings made again. */
export function withSettingProps(source: string): string {
  return source.replace(PROPS, (_, begin: string, end: string) => `${begin}${settingProps()}\n${end}`);
}

function settingProps(): string {
  return propEntries
    .map(([name, setting]) => {
      const range = rangeOf(setting);
      const fallback = `@default ${defaultOf(setting)}${range === '' ? '' : ` (${range})`}`;
      const lines = [...wrapped(setting.sentence), ...wrapped(fallback)].map((line) => `   * ${line}`);
      return ['  /**', ...lines, '   */', `  ${name}?: Settings['${name}'];`].join('\n');
    })
    .join('\n');
}

const MAX_LINE = 112;

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > MAX_LINE) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function rangeOf(setting: Setting): string {
  switch (setting.kind) {
    case 'number':
      return `${count(setting.min)} to ${count(setting.max)} ${setting.unit}`;
    case 'flag':
      return codes(['true', 'false']);
    case 'choice':
      return codes(setting.choices.map(String));
    case 'list':
      return setting.most === undefined ? setting.expected : `${setting.expected}; at most ${setting.most}`;
    case 'text':
      return setting.expected ?? '';
  }
}

function defaultOf(setting: Setting): string {
  const value = setting.default;
  if (value === undefined) return setting.otherwise ?? 'none';
  if (Array.isArray(value)) return 'none';
  return typeof value === 'number' ? count(value) : code(String(value));
}
