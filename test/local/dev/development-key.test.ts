import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { createLocalJWKSet, errors, jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DevelopmentKey, keptDevelopmentKey } from '../../../lib/local/dev/development-key.ts';

let home: string;
let printed: string[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'key-'));
  printed = [];
});
afterEach(() => rmSync(home, { recursive: true }));

const keyOf = (environment: NodeJS.ProcessEnv = { XDG_CACHE_HOME: home }) =>
  keptDevelopmentKey({ application: 'toy', environment, print: (line) => printed.push(line) });
const file = () => join(home, 'toy', 'development-key.pem');
const sign = ({ privateKey, publicJwk: { alg, kid } }: DevelopmentKey) =>
  new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg, kid }).sign(privateKey);
const verify = (token: string, { publicJwk }: DevelopmentKey) =>
  jwtVerify(token, createLocalJWKSet({ keys: [publicJwk] }));

test('The development key is the same at every start, in whatever checkout, and signs what its public half verifies', async () => {
  const first = await keyOf();
  const second = await keyOf();
  expect(second.publicJwk).toEqual(first.publicJwk);
  await verify(await sign(first), second);
  expect(printed).toEqual([]);
});

test('The development key is another one on another machine, under another id, and its public half says nothing of the private', async () => {
  const here = await keyOf();
  rmSync(join(home, 'toy'), { recursive: true });
  const there = await keyOf();
  expect(there.publicJwk.kid).not.toBe(here.publicJwk.kid);
  await expect(verify(await sign(here), there)).rejects.toThrow(errors.JOSEError);
  expect(Object.keys(here.publicJwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

test('The development key is its owner’s alone to read, whatever the file mode creation mask says', async () => {
  const mask = process.umask(0);
  try {
    await keyOf();
  } finally {
    process.umask(mask);
  }
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'toy')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(home, 'toy'))).toEqual(['development-key.pem']);
});

test('The development key is one key for emulators that start at the same time', async () => {
  const bundle = await bundleOfTheKey();
  const ids = await Promise.all(Array.from({ length: 4 }, () => keyIdOfAnotherStart(bundle, home)));
  expect(new Set([...ids, (await keyOf()).publicJwk.kid]).size).toBe(1);
  expect(readdirSync(join(home, 'toy'))).toEqual(['development-key.pem']);
});

test('The development key is made for one run, and the terminal says why, if the folder cannot be written', async () => {
  writeFileSync(join(home, 'toy'), 'a file where the folder should be');
  const key = await keyOf();
  await verify(await sign(key), key);
  expect(printed).toEqual([
    expect.stringMatching(/^tokens: the development key is not kept.*(EEXIST|ENOTDIR).*XDG_CACHE_HOME/),
  ]);
});

test.each([
  ['text', () => 'no key'],
  ['nothing', () => ''],
  ['a key of another kind', () => pemOf(generateKeyPairSync('ed25519').privateKey)],
  ['a key of another curve', () => pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
])(
  'The development key is made for one run if the file holds %s, which is left as it is',
  async (_what, content) => {
    await keyOf();
    const text = content();
    writeFileSync(file(), text);
    const key = await keyOf();
    await verify(await sign(key), key);
    expect(printed).toEqual([expect.stringContaining('holds no private key of the curve P-256; delete it')]);
    expect(readFileSync(file(), 'utf8')).toBe(text);
  },
);

test('The development key is kept in ~/.cache if XDG_CACHE_HOME is not an absolute path', async () => {
  const { HOME } = process.env;
  process.env['HOME'] = home;
  try {
    for (const environment of [{}, { XDG_CACHE_HOME: '' }, { XDG_CACHE_HOME: 'relative' }])
      await keyOf(environment);
  } finally {
    process.env['HOME'] = HOME;
  }
  expect(readdirSync(home)).toEqual(['.cache']);
  expect(readdirSync(join(home, '.cache', 'toy'))).toEqual(['development-key.pem']);
});

test('The development key is made for one run, and not kept in the checkout, if HOME is empty', async () => {
  const { HOME } = process.env;
  process.env['HOME'] = '';
  try {
    await keyOf({});
  } finally {
    process.env['HOME'] = HOME;
  }
  expect(printed).toEqual([expect.stringContaining('is not kept')]);
  expect(existsSync(join('.cache', 'toy'))).toBe(false);
});

function pemOf(key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

/** In a thread: one process alone would look and write without anything between. */
function keyIdOfAnotherStart(bundle: string, cache: string): Promise<string> {
  const code = `${bundle}
    module.exports
      .keptDevelopmentKey({
        application: 'toy', environment: { XDG_CACHE_HOME: ${JSON.stringify(cache)} }, print: (line) => { throw new Error(line); },
      })
      .then(({ publicJwk }) => require('node:worker_threads').parentPort.postMessage(publicJwk.kid));`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true });
    worker.once('message', resolve).once('error', reject);
  });
}

async function bundleOfTheKey(): Promise<string> {
  const source = fileURLToPath(new URL('../../../lib/local/dev/development-key.ts', import.meta.url));
  const options = { bundle: true, write: false, platform: 'node', format: 'cjs' } as const;
  const { outputFiles } = await build({ entryPoints: [source], ...options });
  return outputFiles[0]?.text ?? '';
}
