import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functions } from '../../lib/config/functions.ts';
import { root } from '../support/start-local.ts';
import { type InstalledPackage, installPackage } from './installed-package.ts';
import { scripts } from './script-consumer.ts';
import { olderProject, projects, typedSources } from './typed-consumer.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const modules = join(root, 'node_modules');

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await installPackage();
  const sources = Object.entries({ ...scripts, ...typedSources });
  await Promise.all(sources.map(([name, code]) => writeFile(join(installed.consumer, name), code)));
}, 180_000);
afterAll(() => installed.remove());

const fromConsumer = () => createRequire(join(installed.consumer, 'consumer.cjs'));

describe('the package in an empty folder', () => {
  it.each(Object.keys(scripts))('every entry of the package can be used from %s', async (name) => {
    const { stdout } = await run(process.execPath, [name, `cdk-${name}`], { cwd: installed.consumer });
    const { cdk, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({
      client: { url: 'ws://room.example', isOurs: true, code: 'closed' },
      react: 'unsubscribed',
      publisher: { put: ['order_executed'], published: 1 },
      protocol: 'invalid_event',
    });
    const names = Object.keys(functions).map((name) => `trade-room-dev-${name}`);
    expect(Object.keys(cdk.code).sort()).toEqual(names.sort());
    const asset = `asset.${cdk.code['trade-room-dev-auth']}`;
    const deployed = join(installed.consumer, cdk.directory, asset, 'index.mjs');
    const ofThisMode = join(packaged(), 'dist', 'lambdas', 'auth-shared-secret', 'index.mjs');
    expect(await readFile(deployed, 'utf8')).toBe(await readFile(ofThisMode, 'utf8'));
  });

  it('the construct of the package synthesizes without esbuild and without sources', () => {
    expect(() => fromConsumer().resolve('esbuild')).toThrow(/Cannot find module/);
    expect(() => fromConsumer().resolve('tsx')).toThrow(/Cannot find module/);
  });

  it.each(Object.entries(projects))('the package has types for %s', async (name, project) => {
    const file = join(installed.consumer, `${name.replaceAll(/\W+/g, '-')}.json`);
    await writeFile(file, JSON.stringify(project));
    const tsc = join(modules, 'typescript', 'bin', 'tsc');
    const outcome = await run(process.execPath, [tsc, '-p', file]).catch((error) => error);
    expect(outcome.stdout).toBe('');
  });

  it('the package has types for projects with "module": "commonjs" and for TypeScript 5', async () => {
    const file = join(installed.consumer, 'older.json');
    await writeFile(file, JSON.stringify(olderProject));
    // What arethetypeswrong brings: version 7 finds modules by `exports` in any case.
    const typescript = createRequire(require.resolve('@arethetypeswrong/core')).resolve('typescript/bin/tsc');
    const outcome = await run(process.execPath, [typescript, '-p', file]).catch((error) => error);
    expect(outcome.stdout).toBe('');
  }, 120_000);

  it('the package has the contract as JSON Schema and AsyncAPI', () => {
    const require = fromConsumer();
    expect(require('trade-room-realtime/schemas/client/auth.json')).toMatchObject({ title: 'auth' });
    const { version } = require('trade-room-realtime/package.json');
    expect(require('trade-room-realtime/asyncapi.json')).toMatchObject({ info: { version } });
  });

  it('a page bundles only what it uses of the package', async () => {
    const contents =
      "import { createTradeRoomClient, TradeRoomError } from 'trade-room-realtime/client'; globalThis.E = TradeRoomError;";
    const stdin = { contents, resolveDir: installed.consumer };
    const { outputFiles } = await build({ stdin, bundle: true, minify: true, format: 'esm', write: false });
    expect(outputFiles[0]?.text.length).toBeLessThan(300);
  });
});

function packaged(): string {
  return join(installed.consumer, 'node_modules', 'trade-room-realtime');
}

describe('the tarball', () => {
  it('publint has no complaint about the package', async () => {
    const tarball = await readFile(installed.tarball);
    const bytes = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength);
    const { messages } = await publint({ strict: true, pack: { tarball: bytes as ArrayBuffer } });
    expect(messages).toEqual([]);
  });

  it('arethetypeswrong has no complaint about the package', async () => {
    const attw = join(modules, '@arethetypeswrong', 'cli', 'dist', 'index.js');
    const checked = run(process.execPath, [attw, installed.tarball, '--profile', 'strict', '--no-color']);
    const { code = 0, stdout } = await checked.catch((error) => error);
    // It ends with 1 where it finds a problem.
    expect(code, stdout).toBe(0);
  });
});
