import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code, type FunctionProps, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

/** Where the code of a function comes from. */
export type FunctionCode =
  /** Bundled at synth from a TypeScript file; path from the project's root. */
  | { entry: string }
  /** A directory with an `index.mjs` that exports `handler`. */
  | { bundle: string };

const root = fileURLToPath(new URL('../..', import.meta.url));

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

const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  minify: true,
  sourceMap: true,
  // ES modules first: of CommonJS nothing can be shaken off.
  mainFields: ['module', 'main'],
  // The runtime's own SDK changes without notice, and is slower to load than the part that is needed.
  bundleAwsSDK: true,
  externalModules: credentialProvidersOfOtherPlaces,
  logLevel: LogLevel.WARNING,
  // Some dependencies are CommonJS and require Node's modules, which an ES module has no function for.
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
};

/** Makes the function with its code. */
export function createFunction(
  scope: Construct,
  id: string,
  code: FunctionCode,
  props: Omit<FunctionProps, 'code' | 'handler'>,
): LambdaFunction {
  if ('bundle' in code) {
    return new LambdaFunction(scope, id, { ...props, code: bundleAt(code.bundle), handler: 'index.handler' });
  }
  return new NodejsFunction(scope, id, {
    ...props,
    entry: join(root, code.entry),
    projectRoot: root,
    depsLockFilePath: join(root, 'package-lock.json'),
    // For SDK v2; it would be a variable that no function reads.
    awsSdkConnectionReuse: false,
    bundling,
  });
}

function bundleAt(directory: string): Code {
  if (existsSync(join(directory, 'index.mjs'))) return Code.fromAsset(directory);
  throw new Error(
    `bundles: ${join(directory, 'index.mjs')} is missing; there must be one for every function, or leave \`bundles\` out to build from the sources`,
  );
}
