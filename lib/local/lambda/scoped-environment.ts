import { AsyncLocalStorage } from 'node:async_hooks';
import { invocationScope } from './invocation-scope.ts';

export type Environment = Record<string, string | undefined>;

const scope = new AsyncLocalStorage<Environment>();
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const TRACE_ID = '_X_AMZN_TRACE_ID';
let installed = false;

/**
 * Runs a function's code, its module evaluation or its handler, so that `process.env` is exactly `environment`:
 * a variable that the stack forgot is missing, whatever the developer's shell exports. Code outside sees the
 * process's own environment. Concurrent runs do not see each other's, nor do concurrent invocations of a function what
 * Lambda sets for each of them.
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
  /** What is of the invocation alone. */
  const own = (): Environment | undefined => scope.getStore() && invocationScope.getStore()?.environment;
  const holding = (name: PropertyKey) => (name === TRACE_ID && own()) || current();
  process.env = new Proxy<Environment>(
    {},
    {
      get: (_, name) => Reflect.get(holding(name), name),
      set: (_, name, value) => Reflect.set(holding(name), name, String(value)),
      has: (_, name) => Reflect.has(holding(name), name),
      deleteProperty: (_, name) => Reflect.deleteProperty(holding(name), name),
      ownKeys: () => [...new Set([...Reflect.ownKeys(current()), ...Reflect.ownKeys(own() ?? {})])],
      defineProperty: (_, name, descriptor) => Reflect.defineProperty(holding(name), name, descriptor),
      getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(holding(name), name),
    },
  );
}
