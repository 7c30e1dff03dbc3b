import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OutputFile } from 'esbuild';
import { bundleFunctions } from './bundle-functions.ts';
import type { FunctionLoader, Handler } from './handler.ts';
import { describeFailure, lambdaError } from './lambda-error.ts';
import { runWithEnvironment } from './scoped-environment.ts';

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
  print: (line: string) => void;
}

interface Loaded {
  hash: string;
  handler: Promise<Handler>;
}

const EXTENSION = '.mjs';

/**
 * Builds the functions with esbuild and loads each once ("cold start"). A function that throws while it loads
 * fails its invocations, as in Lambda; one that cannot even be built stops the start.
 * @throws Error with esbuild's own description of what is wrong in the code.
 */
export async function bundleLoader(options: BundleLoaderOptions): Promise<FunctionLoader> {
  process.setSourceMapsEnabled(true);
  const directory = await makeDirectory(options.root);
  const loaded = new Map<string, Loaded>();
  let failure: string | undefined;
  let started = false;

  const build = await bundleFunctions({
    entries: options.entries,
    root: options.root,
    outputDirectory: join(directory, 'build'),
    onBuilt: (files) => takeOver(options, directory, loaded, files, started),
    onFailed(errors) {
      failure = errors;
      if (started) options.print(`${errors}\n\nThe functions of before this change stay in use.`);
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
    throw new Error(failure ?? 'The functions could not be built', { cause });
  }
  started = true;
  if (options.watch) await build.watch();

  return {
    loadHandler: (functionName) =>
      loaded.get(functionName)?.handler ?? Promise.reject(new Error(`No code for function ${functionName}`)),
    close,
  };
}

/** Below the project, so that the bundles' bare imports resolve; a folder of its own for every loader. */
async function makeDirectory(root: string): Promise<string> {
  const parent = join(root, 'node_modules', '.cache', 'local-aws');
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, `${process.pid}-`));
}

async function takeOver(
  options: BundleLoaderOptions,
  directory: string,
  loaded: Map<string, Loaded>,
  files: OutputFile[],
  reload: boolean,
): Promise<void> {
  const startedAt = performance.now();
  const changed = files.filter((file) => {
    const name = functionNameOf(file);
    return name !== undefined && loaded.get(name)?.hash !== file.hash;
  });
  if (changed.length === 0) return;

  const generation = await writeGeneration(directory, files);
  const names = await Promise.all(
    changed.map(async (file) => {
      const name = basename(file.path, EXTENSION);
      const handler = loadModule(join(generation, basename(file.path)), options.environmentOf(name));
      return (await use(options, loaded, name, { hash: file.hash, handler })) ? [name] : [];
    }),
  );
  if (reload && names.flat().length > 0) options.onReload?.(names.flat(), performance.now() - startedAt);
}

/** Puts a handler in place once it has loaded. One that fails to load replaces nothing but an empty place. */
async function use(
  options: BundleLoaderOptions,
  loaded: Map<string, Loaded>,
  name: string,
  candidate: Loaded,
): Promise<boolean> {
  try {
    await candidate.handler;
    loaded.set(name, candidate);
    return true;
  } catch (thrown) {
    options.print(describeFailure(`Loading ${name}`, 'none', lambdaError(thrown)));
    if (!loaded.has(name)) loaded.set(name, candidate);
    return false;
  }
}

async function writeGeneration(directory: string, files: OutputFile[]): Promise<string> {
  const generation = await mkdtemp(join(directory, 'load-'));
  await Promise.all(files.map((file) => writeFile(join(generation, basename(file.path)), file.contents)));
  return generation;
}

function functionNameOf(file: OutputFile): string | undefined {
  return file.path.endsWith(EXTENSION) ? basename(file.path, EXTENSION) : undefined;
}

async function loadModule(file: string, environment: Record<string, string>): Promise<Handler> {
  const module: { handler?: unknown } = await runWithEnvironment(
    environment,
    () => import(pathToFileURL(file).href),
  );
  const { handler } = module;
  if (typeof handler !== 'function') throw new Error(`${basename(file)} exports no function named handler`);
  return async (event, context) => runWithEnvironment(environment, () => handler(event, context));
}
