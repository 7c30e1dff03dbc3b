import { mkdtemp, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { OutputFile } from 'esbuild';
import type { Handler } from './handler.ts';
import type { LoadFailure } from './load-failures.ts';
import { loadHandler } from './load-handler.ts';

export interface LoadedFunctions {
  /** Loads the bundles that have changed: `names` are in use now, `failures` are not. */
  takeOver(files: OutputFile[]): Promise<{ names: string[]; failures: LoadFailure[] }>;
  /** Rejects with what the function's module has thrown, or when there is no such function. */
  handlerOf(functionName: string): Promise<Handler>;
}

interface Loaded {
  hash: string;
  handler: Promise<Handler>;
  works: boolean;
}

const EXTENSION = '.mjs';

/** The functions of the builds so far, each with the last code that has loaded. */
export function loadedFunctions(options: {
  directory: string;
  environmentOf: (functionName: string) => Record<string, string>;
}): LoadedFunctions {
  const loaded = new Map<string, Loaded>();
  const hasChanged = ({ path, hash }: OutputFile) =>
    path.endsWith(EXTENSION) && loaded.get(basename(path, EXTENSION))?.hash !== hash;

  /** Code that fails to load replaces none that works, only an empty place: there, it fails the invocations. */
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
      // A sibling of the output directory that esbuild knows, as deep: source maps name their sources relative to it.
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
