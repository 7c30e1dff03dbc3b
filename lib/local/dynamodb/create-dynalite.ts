import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import dynalite from 'dynalite';

/** What dynalite reads a table by. */
interface LevelIterator {
  close(): Promise<void>;
  return?: () => Promise<void>;
}
interface LevelStore {
  keys(options: object): LevelIterator;
  values(options: object): LevelIterator;
}

/** A dynalite that listens on no port, with no table in it. What it holds in memory is what its tables hold. */
export function createDynalite(): Server {
  return dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
}

/**
 * dynalite ends an iterator of its store by `return()`, if it has one; abstract-level calls it `close()`
 * (https://github.com/Level/abstract-level#iterator). So dynalite 4 leaves one open for each Query and Scan, and each
 * keeps a copy of every table as it was then.
 */
function closeIterators(store: LevelStore): void {
  for (const method of ['keys', 'values'] as const) {
    const open = store[method];
    store[method] = function (this: LevelStore, options) {
      const iterator = open.call(this, options);
      iterator.return ??= () => iterator.close();
      return iterator;
    };
  }
}

/** The class that dynalite makes its store of, in the version that dynalite itself finds. */
function storeClass(): { prototype: LevelStore } {
  const requireAsDynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'));
  return requireAsDynalite('memory-level').MemoryLevel;
}

closeIterators(storeClass().prototype);
