import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { findSourceMap } from 'node:module';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BundleLoaderOptions, bundleLoader } from '../../../lib/local/lambda/bundle-loader.ts';
import type { FunctionLoader } from '../../../lib/local/lambda/handler.ts';
import { within } from '../../support/within.ts';

const context = {} as Context;

// A project of its own below this one, whose packages it finds.
let sources: string;
let loader: FunctionLoader | undefined;
let printed: string[];
let wake: () => void;

beforeEach(async () => {
  const parent = join(process.cwd(), 'node_modules/.cache/bundle-loader-test');
  await mkdir(parent, { recursive: true });
  sources = await mkdtemp(join(parent, 'sources-'));
  printed = [];
  wake = () => undefined;
});
afterEach(async () => {
  await loader?.close?.();
  loader = undefined;
  await rm(sources, { recursive: true });
});

/** In one step: a watcher would see the moment in which a file that is being written is empty. */
async function write(name: string, source: string) {
  await writeFile(join(sources, `.${name}`), source);
  await rename(join(sources, `.${name}`), join(sources, name));
}

const builds = () => readdir(join(sources, 'node_modules/.cache/local-emulator'));

async function load(names: string[], options: Partial<BundleLoaderOptions> = {}) {
  const started = await bundleLoader({
    entries: Object.fromEntries(names.map((name) => [name, `${name}.ts`])),
    environmentOf: (functionName) => ({ FUNCTION: functionName }),
    root: sources,
    print: (text) => {
      printed.push(text);
      wake();
    },
    ...options,
  });
  loader = started;
  return async (name: string, event: unknown = {}) => (await started.loadHandler(name))(event, context);
}

/** Resolves when the loader says something next, by printing or by `onReload`. */
function somethingNew() {
  const news = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return within(news, 'the loader to notice the change');
}

test('the bundle loader loads TypeScript that imports packages and files of the project', async () => {
  await write('shared.ts', 'export const twice = (n: number): number => 2 * n;');
  await write(
    'toy.ts',
    `import * as v from 'valibot';
     import { twice } from './shared.ts';
     export const handler = async (event: unknown) => twice(v.parse(v.number(), event));`,
  );
  const run = await load(['toy']);
  expect(await run('toy', 21)).toBe(42);
});

test('the bundle loader shows a module its own environment and nothing else, while it loads and when it runs', async () => {
  process.env['OF_THE_SHELL'] = 'yes';
  const source = `
    const atLoad = { ...process.env };
    await null;
    const later = { ...process.env };
    export const handler = async () => ({ atLoad, later, now: { ...process.env } });`;
  await Promise.all(['one', 'two'].map((name) => write(`${name}.ts`, source)));
  const run = await load(['one', 'two']);
  for (const FUNCTION of ['one', 'two']) {
    expect(await run(FUNCTION)).toEqual({ atLoad: { FUNCTION }, later: { FUNCTION }, now: { FUNCTION } });
  }
  expect(process.env['OF_THE_SHELL']).toBe('yes');
  delete process.env['OF_THE_SHELL'];
});

test('the bundle loader loads a module once, and shares none of its state between functions', async () => {
  await write('counter.ts', 'let count = 0; export const next = () => (count += 1);');
  const source = `import { next } from './counter.ts'; export const handler = async () => next();`;
  await Promise.all(['one', 'two'].map((name) => write(`${name}.ts`, source)));
  const run = await load(['one', 'two']);
  expect([await run('one'), await run('one'), await run('two')]).toEqual([1, 2, 1]);
});

test('the bundle loader fails the invocations of a module that throws while it loads, and only those', async () => {
  await write('broken.ts', 'throw new RangeError("no table");');
  await write('whole.ts', 'export const handler = async () => "whole";');
  const run = await load(['broken', 'whole']);
  await expect(run('broken')).rejects.toThrow('no table');
  expect(await run('whole')).toBe('whole');
  expect(printed).toHaveLength(1);
  expect(printed[0]).toContain('broken');
  expect(printed[0]).toContain('RangeError: no table');
});

test('the bundle loader fails the invocations of a module without a handler', async () => {
  await write('empty.ts', 'export const other = 1;');
  const run = await load(['empty']);
  await expect(run('empty')).rejects.toThrow('exports no function named handler');
});

test('the bundle loader does not start with code that cannot be built, and shows where it is wrong', async () => {
  await write('wrong.ts', 'export const handler = async () => "not closed;\n');
  await expect(load(['wrong'])).rejects.toThrow(/Unterminated string literal[\s\S]+wrong\.ts:1:/);
  expect(await builds()).toEqual([]);
});

test('the bundle loader removes its builds when it closes', async () => {
  await write('toy.ts', 'export const handler = async () => 1;');
  await load(['toy']);
  expect(await builds()).toHaveLength(1);
  await loader?.close?.();
  loader = undefined;
  expect(await builds()).toEqual([]);
});

test('the bundle loader removes the builds of a process that was killed', async () => {
  await write('toy.ts', 'export const handler = async () => 1;');
  const { pid } = spawnSync(process.execPath, ['--version']);
  await mkdir(join(sources, 'node_modules/.cache/local-emulator', `${pid}-killed`), { recursive: true });
  await load(['toy']);
  expect(await builds()).toEqual([expect.stringMatching(`^${process.pid}-`)]);
});

test('the bundle loader lets Node map a bundle back to the lines of the TypeScript source', async () => {
  await write(
    'toy.ts',
    '\n\nexport const handler = async (): Promise<never> => {\n  throw new Error("x");\n};',
  );
  const run = await load(['toy']);
  const error = await run('toy').catch((thrown) => thrown);
  const { stack = '' } = error as Error;
  // The test runner formats stacks by itself, so Node is asked for what it would have printed.
  const [, file = '', line = '', column = ''] = /\((file:.+):(\d+):(\d+)\)/.exec(stack) ?? [];
  const entry = findSourceMap(file)?.findEntry(Number(line) - 1, Number(column) - 1);
  expect(entry).toMatchObject({ originalSource: expect.stringMatching(/toy\.ts$/), originalLine: 3 });
});

test('the bundle loader takes over a changed file while running, in the functions that use it', async () => {
  await write('shared.ts', 'export const answer = "old";');
  await write('user.ts', `import { answer } from './shared.ts'; export const handler = async () => answer;`);
  await write('other.ts', 'let count = 0; export const handler = async () => (count += 1);');
  const reloads: string[][] = [];
  const onReload = (names: string[]) => {
    reloads.push(names);
    wake();
  };
  const run = await load(['user', 'other'], { watch: true, onReload });
  expect([await run('user'), await run('other')]).toEqual(['old', 1]);

  const news = somethingNew();
  await write('shared.ts', 'export const answer = "new";');
  await news;
  expect([await run('user'), await run('other')]).toEqual(['new', 2]);
  expect(reloads).toEqual([['user']]);
});

test('the bundle loader keeps serving the old code when a change does not build or does not load', async () => {
  await write('toy.ts', 'export const handler = async () => "old";');
  const run = await load(['toy'], { watch: true, onReload: () => wake() });

  let news = somethingNew();
  await write('toy.ts', 'export const handler = async () => "not closed;\n');
  await news;
  expect(printed[0]).toContain('Unterminated string literal');
  expect(await run('toy')).toBe('old');

  news = somethingNew();
  await write('toy.ts', 'throw new Error("no table");');
  await news;
  expect(printed[1]).toContain('no table');
  expect(printed[1]).toContain('The code from before this change stays in use.');
  expect(await run('toy')).toBe('old');

  news = somethingNew();
  await write('toy.ts', 'export const handler = async () => "new";');
  await news;
  expect(await run('toy')).toBe('new');
});

test('the bundle loader says that the functions are up to date again when a change that did not build or load is undone', async () => {
  const good = 'export const handler = async () => "good";';
  await write('toy.ts', good);
  await load(['toy'], { watch: true, onReload: () => wake() });
  for (const bad of ['export const handler = async () => "not closed;\n', 'throw new Error("no table");']) {
    let news = somethingNew();
    await write('toy.ts', bad);
    await news;
    news = somethingNew();
    await write('toy.ts', good);
    await news;
  }
  const again = 'The functions are up to date again.';
  expect(printed).toEqual([
    expect.stringContaining('Unterminated'),
    again,
    expect.stringContaining('no table'),
    again,
  ]);
});

test('the bundle loader prints once an error that keeps several functions from loading', async () => {
  await write('shared.ts', 'export const answer = "old";');
  const source = `import { answer } from './shared.ts'; export const handler = async () => answer;`;
  await Promise.all(['one', 'two'].map((name) => write(`${name}.ts`, source)));
  const run = await load(['one', 'two'], { watch: true });
  const news = somethingNew();
  await write('shared.ts', `import { nothing } from 'no-such-package'; export const answer = nothing;`);
  await news;
  expect(printed).toHaveLength(1);
  expect(printed[0]).toContain("one, two failed to load: Error: Cannot find package 'no-such-package'\n");
  expect(printed[0]).toContain('The code from before this change stays in use.');
  expect([await run('one'), await run('two')]).toEqual(['old', 'old']);
});
