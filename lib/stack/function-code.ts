import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code, type FunctionProps, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { BuildOptions } from 'esbuild';

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

/**
 * The SDK imports these, when it needs them, to find credentials on a laptop, a container or an EC2 instance. In Lambda
 * they are in the environment, which is looked at first; left out, a quarter of every bundle is saved.
 */
const credentialProvidersOfOtherPlaces = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

/**
 * How esbuild makes the code of a function, at synth and for the package. `root` is the project's, `entry` a path from
 * there; the code is written to `index.mjs` in `directory`.
 */
export function lambdaBundle(root: string, entry: string, directory: string): BuildOptions {
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: `${directory}/index.mjs`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    sourcemap: true,
    // The only comments that esbuild takes for legal ones are marks of a coverage tool.
    legalComments: 'none',
    // ES modules first: of CommonJS nothing can be shaken off.
    mainFields: ['module', 'main'],
    // The runtime's own SDK changes without notice, and is slower to load than the part that is needed: it comes along.
    external: credentialProvidersOfOtherPlaces,
    alias: { '@smithy/core/event-streams': './lib/lambda/no-event-streams.ts' },
    logLevel: 'warning',
    // Some dependencies are CommonJS and require Node's modules, which an ES module has no function for.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  };
}

/** Beside the bundled construct in the npm package; beside the sources there is no such directory. */
const directory = fileURLToPath(new URL('./lambdas', import.meta.url));

/**
 * The directory in which the package brings the code of `entry` (`lambdas/auth-jwks.ts`), ready to be deployed. Undefined
 * where this is the project and not the package: then it is made of the sources.
 */
export function packagedBundle(entry: string): string | undefined {
  return existsSync(directory) ? entry.replace(/^lambdas\/(.*)\.ts$/, `${directory}/$1`) : undefined;
}
