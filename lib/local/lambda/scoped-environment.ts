import { AsyncLocalStorage } from 'node:async_hooks';

export type Environment = Record<string, string | undefined>;

const scope = new AsyncLocalStorage<Environment>();
let installed = false;

/**
 * Runs a function's code, its module evaluation or its handler, so that `process.env` is exactly `environment`:
 * a variable that the stack forgot is missing, whatever the developer's shell exports. Code outside sees the
 * process's own environment. Concurrent runs do not see each other's.
 */
export function runWithEnvironment<Result>(environment: Environment, run: () => Result): Result {
  install();
  return scope.run(environment, run);
}

// Installed once and left there: outside of a run it is the process's own environment, so nothing needs undoing.
function install(): void {
  if (installed) return;
  installed = true;
  const ofProcess = process.env;
  const current = () => scope.getStore() ?? ofProcess;
  process.env = new Proxy<Environment>(
    {},
    {
      get: (_, name) => Reflect.get(current(), name),
      set: (_, name, value) => Reflect.set(current(), name, String(value)),
      has: (_, name) => Reflect.has(current(), name),
      deleteProperty: (_, name) => Reflect.deleteProperty(current(), name),
      ownKeys: () => Reflect.ownKeys(current()),
      defineProperty: (_, name, descriptor) => Reflect.defineProperty(current(), name, descriptor),
      getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(current(), name),
    },
  );
}
