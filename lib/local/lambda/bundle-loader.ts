import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { OutputFile } from 'esbuild';
import { makeBuildDirectory } from './build-directory.ts';
import { bundleFunctions } from './bundle-functions.ts';
import type { FunctionLoader, Handler } from './handler.ts';
import { describeFailure, lambdaError } from './lambda-error.ts';
import { loadHandler } from './load-handler.ts';

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

interface Loaded {
  hash: string;
  handler: Promise<Handler>;
}

const EXTENSION = '.mjs';

/**
 * Builds the functions with esbuild and loads each once. A function that throws while it loads fails its
 * invocations, as in Lambda; one that cannot even be built stops the start.
 * @throws Error with esbuild's own description of what is wrong in the code.
 */
export async function bundleLoader(options: BundleLoaderOptions): Promise<FunctionLoader> {
  process.setSourceMapsEnabled(true);
  const directory = await makeBuildDirectory(options.root);
  const loaded = new Map<string, Loaded>();
  let started = false;
  let firstFailure = '';
  const build = await bundleFunctions({
    entries: options.entries,
    root: options.root,
    outputDirectory: join(directory, 'build'),
    async onBuilt(files) {
      const startedAt = performance.now();
      const names = await takeOver(options, directory, loaded, files);
      if (started && names.length > 0) options.onReload?.(names, performance.now() - startedAt);
    },
    onFailed(errors) {
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
  const missing = (functionName: string) => Promise.reject(new Error(`No code for function ${functionName}`));
  return { loadHandler: (name) => loaded.get(name)?.handler ?? missing(name), close };
}

/** Loads the bundles that have changed; resolves with the names of those that are in use now. */
async function takeOver(
  options: BundleLoaderOptions,
  directory: string,
  loaded: Map<string, Loaded>,
  files: OutputFile[],
): Promise<string[]> {
  const changed = files.filter(
    ({ path, hash }) => path.endsWith(EXTENSION) && loaded.get(basename(path, EXTENSION))?.hash !== hash,
  );
  if (changed.length === 0) return [];

  // A sibling of the output directory that esbuild knows, as deep: source maps name their sources relative to it.
  const generation = await mkdtemp(join(directory, 'load-'));
  await Promise.all(files.map(({ path, contents }) => writeFile(join(generation, basename(path)), contents)));
  const names = changed.map(async ({ path, hash }) => {
    const name = basename(path, EXTENSION);
    const handler = loadHandler(join(generation, basename(path)), options.environmentOf(name));
    return (await putInUse(options, loaded, name, { hash, handler })) ? [name] : [];
  });
  return (await Promise.all(names)).flat();
}

/** One that fails to load replaces no code that works, only an empty place: there, it fails the invocations. */
async function putInUse(
  { print }: BundleLoaderOptions,
  loaded: Map<string, Loaded>,
  name: string,
  candidate: Loaded,
): Promise<boolean> {
  try {
    await candidate.handler;
    loaded.set(name, candidate);
    return true;
  } catch (thrown) {
    print(describeFailure(name, 'none: while loading', lambdaError(thrown)));
    if (!loaded.has(name)) loaded.set(name, candidate);
    return false;
  }
}
