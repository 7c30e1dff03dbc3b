import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FunctionName, functions, readEnvironment } from '../../../lib/config/functions.ts';
import { localStack } from '../../../lib/config/local-stack.ts';
import { localTokens } from '../../../lib/config/local-tokens.ts';
import { readLocalSettings } from '../../../lib/config/setting-values.ts';
import { routes } from '../../../lib/config/triggers.ts';
import { passingDevelopmentKey } from '../../../lib/local/dev/development-key.ts';

const names = Object.keys(functions) as FunctionName[];
const settings = readLocalSettings({});
const stack = localStack(
  'http://localhost:4001',
  settings,
  localTokens(settings, await passingDevelopmentKey()),
);
const environmentOf = (name: FunctionName) => stack.functions[name]?.environment ?? {};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(names)('the function %s', (name) => {
  it('reads the variables that it declares', () => {
    const environment = environmentOf(name);
    expect(readEnvironment(name, environment)).toEqual(environment);
  });

  it('says which variables are missing, and who declares them', () => {
    const missing = () => readEnvironment(name, {});
    const declared = functions[name].environment;
    if (declared.length === 0) expect(missing()).toEqual({});
    else {
      expect(missing).toThrow(`${declared.join(', ')} missing in the environment`);
      expect(missing).toThrow(`function ${name} (lib/config/functions.ts)`);
    }
  });

  it.each(functions[name].environment.map((variable) => [variable]))(
    'does not start without %s',
    (variable) => {
      const { [variable]: _, ...rest } = environmentOf(name);
      expect(() => readEnvironment(name, rest)).toThrow(new RegExp(`^${variable} missing`));
    },
  );

  it('is a file that exports its handler, and starts with no variable but its own', async () => {
    for (const [variable, value] of Object.entries(environmentOf(name))) vi.stubEnv(variable, value);
    const path = fileURLToPath(new URL(`../../../${functions[name].entry}`, import.meta.url));
    const lambda: { handler?: unknown } = await import(/* @vite-ignore */ path);
    expect(lambda.handler).toBeTypeOf('function');
    expect(Object.keys(lambda)).toEqual(['handler']);
  });
});

describe('every route', () => {
  it.each(Object.entries(routes))('%s is served by a function that exists', (_, route) => {
    expect(names).toContain(route.function);
  });

  it('answers its client, except those that have none waiting', () => {
    const oneWay = Object.entries(routes).filter(([, { returnResponse }]) => !returnResponse);
    expect(oneWay.map(([routeKey]) => routeKey)).toEqual(['$connect', '$disconnect']);
  });
});
