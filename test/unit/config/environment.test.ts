import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FunctionName, functions, readEnvironment } from '../../../lib/config/functions.ts';
import { localStack, localTokens } from '../../../lib/config/local-stack.ts';
import { readLocalSettings } from '../../../lib/config/read-settings.ts';
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

describe.each(names)('%s', (name) => {
  it(`the function ${name} reads the variables that it declares`, () => {
    const environment = environmentOf(name);
    expect(readEnvironment(name, environment)).toEqual(environment);
  });

  it(`the function ${name} says which of its variables are missing, and in which file they are declared`, () => {
    const missing = () => readEnvironment(name, {});
    const declared = functions[name].environment;
    if (declared.length === 0) expect(missing()).toEqual({});
    else {
      expect(missing).toThrow(`${declared.join(', ')} missing in the environment`);
      expect(missing).toThrow(`function ${name} (lib/config/functions.ts)`);
    }
  });

  it.each(functions[name].environment.map((variable) => [variable]))(
    `the function ${name} does not start without %s`,
    (variable) => {
      const { [variable]: _, ...rest } = environmentOf(name);
      expect(() => readEnvironment(name, rest)).toThrow(new RegExp(`^${variable} missing`));
    },
  );

  it(`the file of the function ${name} exports only its handler, and starts with no variable but its own`, async () => {
    for (const [variable, value] of Object.entries(environmentOf(name))) vi.stubEnv(variable, value);
    const path = fileURLToPath(new URL(`../../../${functions[name].entry}`, import.meta.url));
    const lambda: { handler?: unknown } = await import(/* @vite-ignore */ path);
    expect(lambda.handler).toBeTypeOf('function');
    expect(Object.keys(lambda)).toEqual(['handler']);
  });
});

it.each(Object.entries(routes))('the route %s is served by a function that exists', (_, route) => {
  expect(names).toContain(route.function);
});

it('every route answers its client, except $connect and $disconnect', () => {
  const oneWay = Object.entries(routes).filter(([, { returnResponse }]) => !returnResponse);
  expect(oneWay.map(([routeKey]) => routeKey)).toEqual(['$connect', '$disconnect']);
});
