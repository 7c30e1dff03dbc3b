import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { type FunctionName, functions } from '../../lib/config/functions.ts';
import { nameOfStage } from '../../lib/config/table.ts';
import { type FunctionLoader, type Handler, loadHandler } from '../../lib/local/lambda/handler.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { TradeRoomStack } from '../../lib/stack/trade-room-stack.ts';
import { root } from './start-local.ts';

/** Function → the very file that `cdk deploy` would upload for it, made by synth in a new directory. */
export async function synthesizeBundles(
  settings: Record<string, string>,
): Promise<{ directory: string; files: Record<FunctionName, string> }> {
  // The rules of the template are checked elsewhere; here only the assets count.
  process.env['CDK_VALIDATION'] = 'false';
  const cache = join(root, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'synth-'));
  const app = new App({ outdir: directory, context: settings, analyticsReporting: false });
  const read = readSettings(app.node);
  const stack = new TradeRoomStack(app, nameOfStage(read.stage), read);
  const { Resources: resources } = app.synth().getStackArtifact(stack.artifactId).template;

  const assets = new Map<string, string>();
  for (const resource of Object.values<{ Type: string; Properties: Record<string, unknown> }>(resources)) {
    if (resource.Type !== 'AWS::Lambda::Function') continue;
    const { FunctionName: name, Code: code } = resource.Properties;
    const { S3Key: key } = code as { S3Key: string };
    assets.set(String(name), join(directory, `asset.${key.replace('.zip', '')}`, 'index.mjs'));
  }
  const names = Object.keys(functions) as FunctionName[];
  const files = names.map((name) => [name, assets.get(`${nameOfStage(read.stage)}-${name}`)]);
  return { directory, files: Object.fromEntries(files) };
}

/** Loads each of these bundles once, byte for byte. `files`: function → ES module that exports `handler`. */
export function loadBundles(
  files: Record<string, string>,
  environmentOf: (functionName: string) => Record<string, string>,
): FunctionLoader {
  const loaded = new Map<string, Promise<Handler>>();
  return {
    async loadHandler(functionName) {
      const file = files[functionName];
      if (file === undefined) throw new Error(`No code for function ${functionName}`);
      const handler = loaded.get(functionName) ?? loadHandler(file, environmentOf(functionName));
      loaded.set(functionName, handler);
      return handler;
    },
  };
}
