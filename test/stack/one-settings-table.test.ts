import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { expect, it } from 'vitest';
import { localSettingTable, settingTable, withSettingProps } from '../../bin/docs/settings.ts';
import { parseTokenSettings } from '../../lib/auth/token-settings.ts';
import { functions } from '../../lib/config/functions.ts';
import { localStack, localTokens } from '../../lib/config/local-stack.ts';
import { queues } from '../../lib/config/queues.ts';
import {
  postsPerSecond,
  readLocalSettings,
  type SettingName,
  settingsOf,
  settingVariables,
} from '../../lib/config/read-settings.ts';
import type { Setting } from '../../lib/config/setting-kinds.ts';
import { settings } from '../../lib/config/settings.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { COGNITO, JWKS, SHARED_SECRET } from './synthesize.ts';

const props = readFileSync(new URL('../../lib/stack/trade-room-realtime-props.ts', import.meta.url), 'utf8');

/** A value that is not the default, as `-c` or a variable of `npm start` gives it. */
const others: Partial<Record<SettingName, string>> = {
  stage: 'other',
  tableKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d',
  canarySecretName: 'trade-room/canary',
  alarmEmail: 'ops@example.com',
  alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:pager',
  domainName: 'realtime.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d',
  tracedRooms: '42',
  publisherAccounts: '111111111111',
};

function otherValue(name: SettingName, setting: Setting): string {
  switch (setting.kind) {
    case 'number':
      return String(setting.max);
    case 'flag':
      return String(!setting.default);
    case 'choice':
      return String(setting.choices.find((possible) => possible !== setting.default));
    default:
      return others[name] ?? 'other';
  }
}

const entries = Object.entries<Setting>(settings) as [SettingName, Setting][];
const ofStage = entries.filter(([, { of }]) => of === undefined);
const ofTokens = entries.filter(([, { of }]) => of === 'tokens').map(([name]) => name);
const withVariable = entries.filter(([, { variable }]) => variable !== undefined);
const withLocal = entries.filter(([, { local }]) => local !== undefined);

it.each(ofStage)('cdk deploy -c %s=… gives the construct that value', (name, setting) => {
  const value = otherValue(name, setting);
  const { needs } = setting;
  const neededToo =
    needs === undefined ? {} : { [needs]: otherValue(needs as SettingName, settings[needs as SettingName]) };
  const read = (context: object) => readSettings(new App({ context: { ...JWKS, ...context } }).node);
  const given: unknown = Reflect.get(read({ [name]: value, ...neededToo }), name);
  expect(String(given)).toBe(value);
  expect(given).not.toEqual(setting.default);
  expect(Reflect.get(read({}), name)).toEqual(setting.default);
});

it('every setting is a prop of the construct, with its sentence and its default', () => {
  expect(withSettingProps(props), 'the props are older than the table: run npm run docs').toBe(props);
  for (const [name] of ofStage) expect(props).toContain(`  ${name}?: Settings['${name}'];`);
});

it('every setting of the tokens reaches the settings by which tokens are verified', () => {
  const modes = [
    { ...JWKS, jwksUri: 'https://keys.example.com' },
    { ...COGNITO, tokenUse: 'id' },
    SHARED_SECRET,
  ];
  const names = modes.flatMap((context) => {
    const given = { ...context, userIdClaim: 'id' };
    const { tokens } = readSettings(new App({ context: given }).node);
    const values = JSON.stringify(tokens);
    for (const value of Object.values(given)) expect(values).toContain(JSON.stringify(value));
    return Object.keys(given);
  });
  expect(new Set(names)).toEqual(new Set(ofTokens));
});

it('a setting of the tokens has the default by which tokens are verified', () => {
  const read = (json: object) => parseTokenSettings(JSON.stringify(json));
  const cognito = read({ mode: 'cognito', userPoolId: 'eu-west-1_a', clientId: 'c' });
  expect(cognito).toMatchObject({
    userIdClaim: settings.userIdClaim.default,
    tokenUse: settings.tokenUse.default,
  });
});

it.each(withVariable)(
  'the setting %s is given to every function that declares its variable',
  (name, setting) => {
    const { variable = '' } = setting;
    const given = settingsOf({ [name]: otherValue(name, setting) });
    const declaring = Object.entries(functions).filter(([, { environment }]) =>
      environment.some((declared) => declared === variable),
    );
    expect(declaring.length).toBeGreaterThan(0);
    const value: unknown = Reflect.get(settingVariables(given), variable);
    expect(value).not.toBe(Reflect.get(settingVariables(settingsOf({})), variable));
    const { functions: served } = localStack(
      'http://localhost:4001',
      given,
      localTokens(readLocalSettings({}), { publicJwk: {} }),
    );
    for (const [function_] of declaring) expect(served[function_]?.environment[variable]).toBe(value);
  },
);

it.each(withLocal)('npm start takes the setting %s from its variable', (name, setting) => {
  const { variable: local = '', default: localDefault = setting.default } = setting.local ?? {};
  const value = setting.kind === 'flag' ? String(!localDefault) : otherValue(name, setting);
  expect(String(Reflect.get(readLocalSettings({ [local]: value }), name))).toBe(value);
  expect(Reflect.get(readLocalSettings({}), name)).toEqual(localDefault);
});

it('every setting is a row of a table in the documents, with its sentence', () => {
  const rows = [...settingTable().split('\n'), ...localSettingTable().split('\n')];
  for (const [name, { sentence, of, local }] of entries) {
    expect(sentence).toMatch(/^\S.*\.$/);
    const names = [...(of === 'emulator' ? [] : [name]), ...(local === undefined ? [] : [local.variable])];
    for (const each of names) expect(rows.filter((row) => row.startsWith(`| \`${each}\` |`))).toHaveLength(1);
    expect(rows.some((row) => row.includes(`| ${sentence} |`))).toBe(true);
  }
  expect(rows).toContain(
    '| `recoverySeconds` | A client that was away for at most this time recovers the events that it missed. | 360 to 86,400 seconds | 600 |',
  );
});

it('a setting that a queue refers to is one of a stage', () => {
  const names = JSON.stringify(queues).matchAll(/"setting":"(\w+)"/g);
  const referred = [...names].map(([, name]) => name);
  expect(referred).toEqual(['authDeadlineSeconds', 'broadcastConcurrency']);
  expect(ofStage.map(([name]) => name)).toEqual(expect.arrayContaining(referred));
});

it('logRetentionDays offers the days that CloudWatch has', () => {
  const days = Object.values(RetentionDays).filter((value) => typeof value === 'number');
  expect(settings.logRetentionDays.choices).toEqual(days.sort((one, other) => one - other));
});

it('by default a broadcast may make nine tenths of the posts that most accounts allow', () => {
  expect(postsPerSecond()).toBe(9_000);
});

it.each([
  [{ postQuota: 2_500 }, 2_250],
  [{ broadcastShare: 50 }, 5_000],
  [{ postQuota: 1_000_000, broadcastShare: 100 }, 1_000_000],
  [{ postQuota: 333, broadcastShare: 7 }, 23.31],
])('with %j a broadcast may make %d posts a second', (given, expected) => {
  expect(postsPerSecond(given)).toBe(expected);
});

it('a broadcast may make at least one post a second, however small its share', () => {
  expect(postsPerSecond({ postQuota: 1, broadcastShare: 1 })).toBe(1);
});
