import type { FunctionLoader, Handler } from './handler.ts';
import { loadHandler } from './load-handler.ts';

/** Loads functions that have been bundled elsewhere, such as those that are deployed, byte for byte. */
export function prebuiltLoader(options: {
  /** Function name → ES module that exports `handler`. */
  files: Record<string, string>;
  /** Everything that a function finds in `process.env`. */
  environmentOf: (functionName: string) => Record<string, string>;
}): FunctionLoader {
  const loaded = new Map<string, Promise<Handler>>();
  return {
    async loadHandler(functionName) {
      const file = options.files[functionName];
      if (file === undefined) throw new Error(`No code for function ${functionName}`);
      const handler = loaded.get(functionName) ?? loadHandler(file, options.environmentOf(functionName));
      loaded.set(functionName, handler);
      return handler;
    },
  };
}
