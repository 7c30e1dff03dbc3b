import { setImmediate, setTimeout } from 'node:timers/promises';
import type { AccountQuotas } from '../account-quotas.ts';
import { DEFAULT_MEMORY_MB, type StackDescription } from '../description.ts';
import type { Faults } from '../faults.ts';
import { functionCredentials } from '../iam/access-control.ts';
import type { Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';
import { confineToEmulator, functionRuntimeEnvironment, runtimeEnvironment } from './function-environment.ts';
import { captureFunctionExit, captureFunctionOutput, surviveUnhandledErrors } from './function-isolation.ts';
import type { FunctionLog, InvocationLog, LogEntry } from './function-log.ts';
import { createLambdaRuntime } from './function-runtime.ts';
import type { FunctionLoader, LoaderInput } from './handler.ts';
import { type CallingSocket, watchLateCalls } from './late-calls.ts';
import type { RecursionDetection } from './recursion-detection.ts';

interface StartFunctionsOptions {
  endpoint: string;
  description: StackDescription;
  loader(stack: LoaderInput): FunctionLoader | Promise<FunctionLoader>;
  time: Time;
  faults: Faults;
  quotas: AccountQuotas;
  newId: () => string;
  print: (text: string) => void;
  invocations: InvocationLog;
  functionLog: FunctionLog;
  isShown: (entry: LogEntry) => boolean;
  recursion: RecursionDetection;
}

export interface Functions {
  /** Waits until the functions are loaded, then invokes one. */
  invoke: Invoke;
  /** Rejects if the functions cannot be built. */
  loaded: Promise<void>;
  /** True if the request that has just arrived on this socket comes from a function whose environment has ended. Call it once per request. */
  isCutOff(socket: CallingSocket): boolean;
  /** Resolves when no invocation is running, at the latest after three seconds. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const SETTLE_MS = 3_000;

/** Loads the functions of a stack and makes this process safe to run them in: see `confineToEmulator`. */
export function startFunctions(options: StartFunctionsOptions): Functions {
  const { endpoint, description, print } = options;
  const { region, functions } = description;
  const common = runtimeEnvironment({ endpoint, region });
  confineToEmulator(common);
  const environmentOf = (functionName: string) => ({
    ...common,
    ...functionRuntimeEnvironment(functionName, functions[functionName]?.memoryMB ?? DEFAULT_MEMORY_MB),
    ...functions[functionName]?.environment,
    // Last, because a stack cannot override the credentials of a function.
    ...functionCredentials(functionName),
  });
  const loading = Promise.resolve().then(() => options.loader({ description, environmentOf }));
  const loaded = loading.then(() => undefined);
  // Marks the rejection as handled. Code that awaits `loaded` still gets it; a start that fails earlier never awaits it.
  loaded.catch(() => undefined);
  const { time, faults, quotas, newId: newRequestId, invocations, functionLog, isShown, recursion } = options;
  const loadHandler = async (functionName: string) => (await loading).loadHandler(functionName);
  const runtime = createLambdaRuntime({
    functions,
    loadHandler,
    region,
    time,
    faults,
    concurrency: quotas.concurrency,
    print,
    newRequestId,
    invocations,
    functionLog,
    isShown,
    recursion,
  });
  captureFunctionOutput();
  captureFunctionExit();
  const stopSurviving = surviveUnhandledErrors(print);
  const lateCalls = watchLateCalls({ isOwnHost: isHostOf(endpoint), print });

  return {
    invoke: runtime.invoke,
    loaded,
    isCutOff: lateCalls.isCutOff,
    async settle() {
      // On the real clock, even in a test with its own clock: a hanging function must not delay Ctrl-C.
      const grace = new AbortController();
      const timeout = setTimeout(SETTLE_MS, undefined, grace).catch(() => undefined);
      await Promise.race([runtime.settled(), timeout]);
      grace.abort();
    },
    async close() {
      lateCalls.stop();
      // A loader that failed to start has closed itself.
      await loading.then((loader) => loader.close?.()).catch(() => undefined);
      // Node reports a rejection only after the callbacks that are due with it.
      await setImmediate();
      stopSurviving();
    },
  };
}

function isHostOf(endpoint: string): (hostAndPort: string) => boolean {
  const { host, port } = new URL(endpoint);
  const own = new Set([host, `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]);
  return (hostAndPort) => own.has(hostAndPort);
}
