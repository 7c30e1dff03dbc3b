import type { BuildOptions } from 'esbuild';

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
