import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code, type FunctionProps, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { lambdaBundle } from './lambda-bundle.ts';

/** Where the code of a function comes from. */
export type FunctionCode =
  /** Bundled at synth from a TypeScript file; path from the project's root. */
  | { entry: string }
  /** A directory with an `index.mjs` that exports `handler`. */
  | { bundle: string };

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Makes the function with its code. */
export function createFunction(
  scope: Construct,
  id: string,
  code: FunctionCode,
  props: Omit<FunctionProps, 'code' | 'handler'>,
): LambdaFunction {
  return new LambdaFunction(scope, id, {
    ...props,
    code: 'bundle' in code ? bundleAt(code.bundle) : bundleOf(code.entry),
    handler: 'index.handler',
  });
}

/** As CDK's `NodejsFunction` would, which takes ten times as long: it starts npm twice for every function. */
function bundleOf(entry: string): Code {
  const tryBundle = (directory: string) => {
    // Only here: whoever has the code ready needs no esbuild.
    const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
    buildSync(lambdaBundle(root, entry, directory));
    return true;
  };
  return Code.fromAsset(root, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      local: { tryBundle },
      // No image is ever run. But CDK builds what looks alike only once, and it does not look at what is local.
      image: DockerImage.fromRegistry('none'),
      command: [entry],
    },
  });
}

function bundleAt(directory: string): Code {
  if (existsSync(join(directory, 'index.mjs'))) return Code.fromAsset(directory);
  throw new Error(
    `bundles: ${join(directory, 'index.mjs')} is missing; there must be one for every function, or leave \`bundles\` out`,
  );
}
