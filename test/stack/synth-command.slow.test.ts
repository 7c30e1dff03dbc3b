import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { functions } from '../../lib/config/functions.ts';
import { readDocument } from '../support/markdown.ts';
import { resourcesOf, type Template } from './synthesize.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const output = mkdtempSync(join(tmpdir(), 'cdk-out-'));
const home = mkdtempSync(join(tmpdir(), 'home-'));

interface Run {
  status: number | null;
  stderr: string;
}
let run: Run;

/** The environment of a machine without AWS: no account, no region, no AWS files in the home folder, and no network. */
beforeAll(() => {
  const { PATH } = process.env;
  const nowhere = 'http://127.0.0.1:9';
  // The first token mode of the page.
  const [, line = ''] = readDocument('docs/operations/deploy.md').match(/^npx cdk synth (.*)$/m) ?? [];
  const settings = line.replace('$STAGE', 'dev');
  run = spawnSync('node_modules/.bin/cdk', ['synth', '--output', output, ...settings.split(' ')], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH, HOME: home, HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere, npm_config_userconfig: devNull },
  });
}, 180_000);

afterAll(() => {
  for (const directory of [output, home]) rmSync(directory, { recursive: true, force: true });
});

/** Folder of each function's code. */
function assets(): Record<string, string> {
  const template: Template = JSON.parse(readFileSync(join(output, 'trade-room-dev.template.json'), 'utf8'));
  const entries = resourcesOf(template, 'AWS::Lambda::Function').map(
    ([, { FunctionName: name, Code: code }]) => {
      const { S3Key: key } = code as { S3Key: string };
      return [String(name).replace('trade-room-dev-', ''), join(output, `asset.${key.replace('.zip', '')}`)];
    },
  );
  return Object.fromEntries(entries);
}

it('npx cdk synth succeeds without an account, a region and a network, and warns of nothing', () => {
  expect(run.stderr).not.toMatch(/warn|error|deprecat|notice|feature flag/i);
  expect(run.status).toBe(0);
  expect(existsSync(join(output, 'trade-room-dev.template.json'))).toBe(true);
});

it('npx cdk synth bundles each function as one minified ES module with its source map', () => {
  const folders = Object.values(assets());
  expect(folders).toHaveLength(Object.keys(functions).length);
  for (const folder of folders) {
    expect(readdirSync(folder).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    const lines = readFileSync(join(folder, 'index.mjs'), 'utf8').split('\n').length;
    expect(lines).toBeLessThan(2_500);
  }
});

it('npx cdk synth bundles only the code of the chosen token mode', () => {
  const { sources } = JSON.parse(readFileSync(join(assets()['auth'] ?? '', 'index.mjs.map'), 'utf8')) as {
    sources: string[];
  };
  const has = (part: string) => sources.some((source) => source.includes(part));
  expect(has('lib/auth/verify-with-keys.ts')).toBe(true);
  expect(has('lib/auth/shared-secret.ts')).toBe(false);
  expect(has('node_modules/jose/')).toBe(false);
  expect(has('client-secrets-manager')).toBe(false);
});
