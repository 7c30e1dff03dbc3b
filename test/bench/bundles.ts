import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { localStack, localTokens } from '../../lib/config/local-stack.ts';
import { readLocalSettings } from '../../lib/config/read-settings.ts';
import { root } from '../support/start-local.ts';
import { synthesizeBundles } from '../support/synthesized-bundles.ts';
import type { BenchOptions } from './benches.ts';
import { median } from './median.ts';

const AIM_KB = 400;
const AIM_RATIO = 1.25;
const TIMES = 15;

/** One bundle, and the median time of importing it in a new process. */
export interface BundleFigures {
  name: string;
  bytes: number;
  gzipBytes: number;
  importMs: number;
  /** Of `importMs` to that of client-dynamodb and lib-dynamodb alone, bundled with all they bring, in the same run. */
  ratio: number;
}

const modes = {
  'auth (jwks)': { tokenIssuer: 'https://issuer.example', tokenAudience: 'trade-room' },
  'auth (cognito)': { userPoolId: 'eu-west-1_abcdefghi', userPoolClientId: '1example23456789' },
  'auth (shared-secret)': { jwtSecretName: 'trade-room/jwt' },
};

/** Size and import time of every bundle of the stack. */
export async function benchBundles({ quick }: BenchOptions): Promise<string> {
  return bundleTable(await measureBundles(quick ? 1 : TIMES));
}

/** Measures every bundle of the stack, the sides taking turns, so many times each. */
export async function measureBundles(times: number): Promise<BundleFigures[]> {
  const directories: string[] = [];
  const files = new Map<string, string>();
  for (const [auth, settings] of Object.entries(modes)) {
    const bundles = await synthesizeBundles(settings);
    directories.push(bundles.directory);
    for (const [name, file] of Object.entries(bundles.files)) files.set(name === 'auth' ? auth : name, file);
  }
  const baseline = await buildBaseline(directories[0] ?? root);
  const samples = await importInTurns(new Map([['baseline', baseline], ...files]), times);
  const reference = median(samples.get('baseline') ?? []);
  const figures = await Promise.all(
    [...files].map(async ([name, file]) => {
      const code = await readFile(file);
      const importMs = median(samples.get(name) ?? []);
      return {
        name,
        bytes: code.length,
        gzipBytes: gzipSync(code).length,
        importMs,
        ratio: importMs / reference,
      };
    }),
  );
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
  return figures;
}

/** The two DynamoDB packages, minified like functions, but with the credential providers that functions leave out. */
async function buildBaseline(directory: string): Promise<string> {
  const folder = await mkdtemp(join(directory, 'baseline-'));
  const entry = join(folder, 'entry.mjs');
  await writeFile(
    entry,
    `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
     import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand, DeleteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
     export const client = DynamoDBDocumentClient.from(new DynamoDBClient());
     export const commands = [GetCommand, PutCommand, UpdateCommand, DeleteCommand, QueryCommand];`,
  );
  const outfile = join(folder, 'index.mjs');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    sourcemap: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return outfile;
}

async function importInTurns(files: Map<string, string>, times: number): Promise<Map<string, number[]>> {
  const samples = new Map<string, number[]>([...files.keys()].map((name) => [name, []]));
  for (let turn = 0; turn < times; turn += 1) {
    for (const [name, file] of files) samples.get(name)?.push(await importOnce(name, file));
  }
  return samples;
}

const run = promisify(execFile);
const settings = readLocalSettings({});
const stack = localStack('http://localhost:4001', settings, localTokens(settings, { publicJwk: {} }));

async function importOnce(name: string, file: string): Promise<number> {
  const code =
    'const t = performance.now(); await import(process.argv[1]); process.stdout.write(String(performance.now() - t));';
  const env = {
    ...environmentOf(name),
    AWS_REGION: 'eu-west-1',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code, file], { env });
  return Number(stdout);
}

function environmentOf(name: string): Record<string, string> {
  if (!name.startsWith('auth (')) return stack.functions[name]?.environment ?? {};
  const tokens = {
    'auth (jwks)': { mode: 'jwks', issuer: 'https://issuer.example', audience: 'trade-room' },
    'auth (cognito)': { mode: 'cognito', userPoolId: 'eu-west-1_abcdefghi', clientId: 'c' },
    'auth (shared-secret)': { mode: 'shared-secret', secretId: 's' },
  }[name];
  return { ...stack.functions['auth']?.environment, TOKEN_SETTINGS: JSON.stringify(tokens) };
}

/** The figures as a Markdown table, the aims beside them. */
export function bundleTable(figures: readonly BundleFigures[]): string {
  const rows = figures.map(({ name, bytes, gzipBytes, importMs, ratio }) => {
    const kilobytes = Math.ceil(bytes / 1024);
    const met = kilobytes <= AIM_KB && ratio <= AIM_RATIO ? 'yes' : 'no';
    return `| ${name} | ${kilobytes} | ${Math.ceil(gzipBytes / 1024)} | ${importMs.toFixed(0)} | ${ratio.toFixed(2)} | ${met} |`;
  });
  return [
    `| bundle | KB | KB gzipped | import ms | × DynamoDB alone | ≤ ${AIM_KB} KB and ≤ ${AIM_RATIO}× |`,
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
