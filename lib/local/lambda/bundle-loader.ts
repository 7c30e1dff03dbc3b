import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeBuildDirectory } from './build-directory.ts';
import { bundleFunctions } from './bundle-functions.ts';
import type { FunctionLoader } from './handler.ts';
import { describeLoadFailures } from './load-failures.ts';
import { loadedFunctions } from './loaded-functions.ts';

export interface BundleLoaderOptions {
  /** Function name → TypeScript or JavaScript file that exports `handler`, relative to `root`. */
  entries: Record<string, string>;
  /** Everything that a function finds in `process.env`; nothing else is there. */
  environmentOf: (functionName: string) => Record<string, string>;
  /** The project: the folder whose `node_modules` the functions use. */
  root: string;
  /** Load changed functions while running; connections stay open. */
  watch?: boolean;
  /** Called after a change has been taken over. */
  onReload?: (functionNames: string[], milliseconds: number) => void;
  print: (text: string) => void;
}

/**
 * Builds the functions with esbuild and loads each once. A function that throws while it loads fails its
 * invocations, as in Lambda; one that cannot even be built stops the start.
 * @throws Error with esbuild's own description of what is wrong in the code.
 */
export async function bundleLoader(options: BundleLoaderOptions): Promise<FunctionLoader> {
  process.setSourceMapsEnabled(true);
  const directory = await makeBuildDirectory(options.root);
  const loaded = loadedFunctions({ directory, environmentOf: options.environmentOf });
  let started = false;
  let isBehind = false;
  let firstFailure = '';
  const build = await bundleFunctions({
    entries: options.entries,
    root: options.root,
    outputDirectory: join(directory, 'build'),
    async onBuilt(files) {
      const startedAt = performance.now();
      const { names, failures } = await loaded.takeOver(files);
      for (const text of describeLoadFailures(failures)) options.print(text);
      if (started && names.length > 0) options.onReload?.(names, performance.now() - startedAt);
      // A change that is undone reloads nothing, and would leave its error the last word.
      else if (isBehind && failures.length === 0) options.print('The functions are up to date again.');
      isBehind = failures.length > 0;
    },
    onFailed(errors) {
      isBehind = true;
      if (started) options.print(`${errors}\n\nThe functions of before this change stay in use.`);
      else firstFailure = errors;
    },
  });
  const close = async () => {
    await build.dispose();
    await rm(directory, { recursive: true, force: true });
  };

  try {
    await build.rebuild();
  } catch (cause) {
    await close();
    throw new Error(firstFailure, { cause });
  }
  started = true;
  if (options.watch) await build.watch();
  return { loadHandler: loaded.handlerOf, close };
}
