import { type BuildContext, context, formatMessages, type Message, type OutputFile } from 'esbuild';

export interface BundleOptions {
  /** Function name → TypeScript or JavaScript file that exports `handler`. */
  entries: Record<string, string>;
  /** Folder that entries are relative to. */
  root: string;
  /** Only its depth matters: source maps name their sources relative to it. */
  outputDirectory: string;
  onBuilt(files: OutputFile[]): Promise<void>;
  onFailed(errors: string): void;
}

/**
 * One esbuild build for all functions; each gets a bundle of its own and so, as in Lambda, module-level state of
 * its own. Packages stay outside of the bundles: they are found from `outputDirectory` upwards, loaded once.
 */
export function bundleFunctions(options: BundleOptions): Promise<BuildContext> {
  return context({
    entryPoints: options.entries,
    absWorkingDir: options.root,
    outdir: options.outputDirectory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: `node${process.versions.node}`,
    packages: 'external',
    sourcemap: 'linked',
    // Written by the caller, to a new place at each build: Node never imports the same file a second time.
    write: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'report',
        setup: (build) =>
          build.onEnd(async ({ errors, outputFiles }) => {
            if (errors.length > 0) options.onFailed(await formatErrors(errors));
            else await options.onBuilt(outputFiles ?? []);
          }),
      },
    ],
  });
}

async function formatErrors(errors: Message[]): Promise<string> {
  return (await formatMessages(errors, { kind: 'error', color: false, terminalWidth: 110 }))
    .join('\n')
    .trimEnd();
}
