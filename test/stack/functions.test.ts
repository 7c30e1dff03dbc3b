import { App } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { functionEntries } from '../../lib/config/functions.ts';
import { postsPerSecond, settingVariables } from '../../lib/config/read-settings.ts';
import { ERROR_QUERY } from '../../lib/stack/operations.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { allOf, onlyOf, variablesOf } from './resolve.ts';
import { EVERY_OPTION, JWKS, resourcesOf, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);
const functions = allOf(template, 'AWS::Lambda::Function');

it('every function is Node 24 on arm64, with source maps', () => {
  expect(functions).toHaveLength(Object.keys(functionEntries('jwks')).length);
  for (const one of functions) {
    expect(one).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
    expect(JSON.stringify(one['Environment'])).toContain('--enable-source-maps');
  }
});

it('only the broadcaster may be invoked by its own messages, and Lambda stops every other loop', () => {
  const loops = functions.filter(({ RecursiveLoop: loop }) => loop !== undefined);
  expect(loops.map(({ FunctionName: name, RecursiveLoop: loop }) => [name, loop])).toEqual([
    ['trade-room-dev-broadcast', 'Allow'],
  ]);
});

it('a function has the values of the settings in its variables', () => {
  const { tokens, ...settings } = readSettings(new App({ context: EVERY_OPTION }).node);
  const values: Record<string, string> = {
    ...settingVariables(settings),
    POSTS_PER_SECOND: String(postsPerSecond(settings)),
  };
  const told = Object.entries(variablesOf(templateOf(EVERY_OPTION))).flatMap(([name, variables]) =>
    Object.keys(values)
      .filter((variable) => variable in variables)
      .map((variable) => ({ name, variable, value: variables[variable] })),
  );
  expect(new Set(told.map(({ variable }) => variable))).toEqual(new Set(Object.keys(values)));
  expect(told).toEqual(told.map((one) => ({ ...one, value: values[one.variable] })));
});

it('the auth function is told the one token mode', () => {
  const { tokenIssuer: issuer, tokenAudience: audience } = JWKS;
  const { TOKEN_SETTINGS: settings = '' } = variablesOf(template)['auth'] ?? {};
  expect(JSON.parse(settings)).toEqual({ mode: 'jwks', issuer, audience, userIdClaim: 'sub' });
});

it('the worker is made before the broadcaster, which knows it by its name', () => {
  const idOf = (name: string) =>
    resourcesOf(template, 'AWS::Lambda::Function').find(
      ([, { FunctionName: full }]) => full === `trade-room-dev-${name}`,
    )?.[0] ?? '';
  expect(variablesOf(template)['broadcast']?.['BROADCAST_WORKER']).toBe('trade-room-dev-broadcastWorker');
  // The function is made after its permissions, and they name the worker.
  const waitsFor = template.Resources[idOf('broadcast')]?.['DependsOn'] as string[];
  const mentioned = waitsFor.map((id) => JSON.stringify(template.Resources[id]));
  expect(mentioned.join()).toContain(`"Fn::GetAtt":["${idOf('broadcastWorker')}","Arn"]`);
});

it('every function logs to a group of its own, whose lines are deleted after logRetentionDays', () => {
  const groups = allOf(templateOf(EVERY_OPTION), 'AWS::Logs::LogGroup');
  const ofFunctions = groups.filter(({ LogGroupName: name }) => String(name).startsWith('/aws/lambda/'));
  expect(new Set(groups.map(({ RetentionInDays: days }) => days))).toEqual(new Set([7]));
  const used = functions.map((one) => (one['LoggingConfig'] as { LogGroup: string }).LogGroup);
  expect(used.sort()).toEqual(ofFunctions.map(({ LogGroupName: name }) => name).sort());
});

it('every log line is JSON: functions log from INFO on, Lambda itself only what failed', () => {
  for (const one of functions) {
    expect(one['LoggingConfig']).toMatchObject({
      LogFormat: 'JSON',
      ApplicationLogLevel: 'INFO',
      SystemLogLevel: 'WARN',
    });
  }
  for (const { POWERTOOLS_LOG_LEVEL: level = 'INFO' } of Object.values(variablesOf(template))) {
    expect(level).toBe('INFO');
  }
});

it('the saved query for errors looks into the log of every function', () => {
  const saved = onlyOf(template, 'AWS::Logs::QueryDefinition');
  expect(saved).toMatchObject({
    Name: 'trade-room-dev/errors, timeouts and crashes',
    QueryString: ERROR_QUERY,
  });
  const groups = allOf(template, 'AWS::Logs::LogGroup').map(({ LogGroupName: name }) => name);
  expect(saved['LogGroupNames']).toEqual(groups);
});
