import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildContext, context, formatMessages, type Message, type OutputFile } from 'esbuild';
import { type FunctionLoader, type Handler, loadHandler } from './handler.ts';
import { errorHeadline, lambdaError, ownFrames } from './lambda-error.ts';

export interface BundleLoaderOptions {
  /** Function name → TypeScript or JavaScript file that exports `handler`, relative to `root`. */
  entries: Record<string, string>;
  /** The whole `process.env` of a function. */
  environmentOf: (functionName: string) => Record<string, string>;
  /** The project: the folder whose `node_modules` the functions use. */
  root: string;
  /** Loads changed functions while the emulator runs; connections stay open. */
  watch?: boolean;
  /** Called after changed functions have been loaded. */
  onReload?: (functionNames: string[], milliseconds: number) => void;
  print: (text: string) => void;
}

/**
 * Builds the functions with esbuild and loads each once. If a function throws while it loads, its invocations fail, as in
 * Lambda. If a function cannot be built, the emulator does not start.
 * @throws Error with esbuild's description of the errors in the code.
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
      // An undone change reloads nothing. Without this line its error would be the last output.
      else if (isBehind && failures.length === 0) options.print('The functions are up to date again.');
      isBehind = failures.length > 0;
    },
    onFailed(errors) {
      isBehind = true;
      if (started) options.print(`${errors}\n\nThe functions from before this change stay in use.`);
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

interface BundleOptions {
  /** Function name → TypeScript or JavaScript file that exports `handler`. */
  entries: Record<string, string>;
  /** The folder to which the entries are relative. */
  root: string;
  /** Only its depth matters: source maps name their sources relative to it. */
  outputDirectory: string;
  onBuilt(files: OutputFile[]): Promise<void>;
  onFailed(errors: string): void;
}

/**
 * One esbuild build for all functions. Each function gets its own bundle and so its own module-level state, as in Lambda.
 * Packages are not bundled: Node finds them from `outputDirectory` upwards and loads each once.
 */
function bundleFunctions(options: BundleOptions): Promise<BuildContext> {
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
    // The caller writes the files to a new folder at each build, because Node never imports the same file again.
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

interface LoadedFunctions {
  /** Loads the changed bundles: `names` are in use now, `failures` could not be loaded. */
  takeOver(files: OutputFile[]): Promise<{ names: string[]; failures: LoadFailure[] }>;
  /** Rejects with the error of the function's module, or if there is no such function. */
  handlerOf(functionName: string): Promise<Handler>;
}

interface Loaded {
  hash: string;
  handler: Promise<Handler>;
  works: boolean;
}

const EXTENSION = '.mjs';

/** The functions of all builds so far, each with the last code that loaded. */
function loadedFunctions(options: {
  directory: string;
  environmentOf: (functionName: string) => Record<string, string>;
}): LoadedFunctions {
  const loaded = new Map<string, Loaded>();
  const hasChanged = ({ path, hash }: OutputFile) =>
    path.endsWith(EXTENSION) && loaded.get(basename(path, EXTENSION))?.hash !== hash;

  /** Code that fails to load does not replace working code. Without working code the invocations fail with its error. */
  async function load(name: string, file: string, hash: string): Promise<LoadFailure[]> {
    const handler = loadHandler(file, options.environmentOf(name));
    try {
      await handler;
      loaded.set(name, { hash, handler, works: true });
      return [];
    } catch (thrown) {
      const keepsCode = loaded.get(name)?.works ?? false;
      if (!keepsCode) loaded.set(name, { hash, handler, works: false });
      return [{ name, file, thrown, keepsCode }];
    }
  }

  return {
    async takeOver(files) {
      const changed = files.filter(hasChanged);
      if (changed.length === 0) return { names: [], failures: [] };
      // As deep as the output directory of esbuild, because source maps name their sources relative to it.
      const generation = await mkdtemp(join(options.directory, 'load-'));
      await Promise.all(
        files.map(({ path, contents }) => writeFile(join(generation, basename(path)), contents)),
      );
      const loading = changed.map(({ path, hash }) =>
        load(basename(path, EXTENSION), join(generation, basename(path)), hash),
      );
      const failures = (await Promise.all(loading)).flat();
      const failed = new Set(failures.map(({ name }) => name));
      const names = changed.map(({ path }) => basename(path, EXTENSION));
      return { names: names.filter((name) => !failed.has(name)), failures };
    },
    handlerOf: (name) =>
      loaded.get(name)?.handler ?? Promise.reject(new Error(`No code for function ${name}`)),
  };
}

/** A function whose module could not be evaluated. */
interface LoadFailure {
  name: string;
  /** Its bundle. */
  file: string;
  thrown: unknown;
  /** Whether working code from before stays in use. */
  keepsCode: boolean;
}

/** A paragraph for each cause. Functions share most of their modules, so that one cause breaks several. */
function describeLoadFailures(failures: LoadFailure[]): string[] {
  const byCause = new Map<string, LoadFailure[]>();
  for (const failure of failures) {
    const cause = `${failure.keepsCode} ${headline(failure)}`;
    byCause.set(cause, [...(byCause.get(cause) ?? []), failure]);
  }
  return [...byCause.values()].map(describe);
}

function describe(failures: LoadFailure[]): string {
  const [first] = failures;
  if (first === undefined) return '';
  const names = failures.map(({ name }) => name).join(', ');
  const consequence = first.keepsCode
    ? 'The code from before this change stays in use.'
    : 'Invocations fail until this is changed.';
  const frames = ownFrames(lambdaError(first.thrown));
  return [`${names} failed to load: ${headline(first)}`, ...frames, '', consequence].join('\n');
}

function headline({ thrown, file }: LoadFailure): string {
  // Node names the importing bundle, which differs from function to function.
  return errorHeadline(lambdaError(thrown)).replace(` imported from ${file}`, '');
}

/**
 * Makes a new folder for builds, below the project, so that bare imports in the bundles resolve. Removes the folders of
 * processes that ended without removing them.
 */
async function makeBuildDirectory(root: string): Promise<string> {
  const parent = join(root, 'node_modules', '.cache', 'local-emulator');
  await mkdir(parent, { recursive: true });
  const abandoned = (await readdir(parent)).filter((name) => !isAlive(Number.parseInt(name, 10)));
  await Promise.all(abandoned.map((name) => rm(join(parent, name), { recursive: true, force: true })));
  return mkdtemp(join(parent, `${process.pid}-`));
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    // The process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
