import { setImmediate, setTimeout } from 'node:timers/promises';
import type { AccountQuotas } from '../account-quotas.ts';
import { DEFAULT_MEMORY_MB, type StackDescription } from '../description.ts';
import type { Faults } from '../faults.ts';
import { functionCredentials } from '../iam/access-control.ts';
import type { Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';
import { confineToLocalAws, functionRuntimeEnvironment, runtimeEnvironment } from './function-environment.ts';
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
  /** Waits for the functions to be loaded. */
  invoke: Invoke;
  /** Rejects when there is no usable code. */
  loaded: Promise<void>;
  /** Whether the request that has just come on this socket is of a function whose environment has ended. Tells once. */
  isCutOff(socket: CallingSocket): boolean;
  /** Resolves when nothing is running, at the latest after three seconds. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const SETTLE_MS = 3_000;

/** Loads the functions of a stack and makes this process safe to run them in: see `confineToLocalAws`. */
export function startFunctions(options: StartFunctionsOptions): Functions {
  const { endpoint, description, print } = options;
  const { region, functions } = description;
  const common = runtimeEnvironment({ endpoint, region });
  confineToLocalAws(common);
  const environmentOf = (functionName: string) => ({
    ...common,
    ...functionRuntimeEnvironment(functionName, functions[functionName]?.memoryMB ?? DEFAULT_MEMORY_MB),
    ...functions[functionName]?.environment,
    // Last: Lambda lets no function choose whose they are.
    ...functionCredentials(functionName),
  });
  const loading = Promise.resolve().then(() => options.loader({ description, environmentOf }));
  const loaded = loading.then(() => undefined);
  // Whoever awaits it sees the rejection; a start that fails earlier for another reason never does.
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
      // On the real clock, whatever clock the emulator runs on: a function that hangs must not hold up a Ctrl-C.
      const grace = new AbortController();
      const timeout = setTimeout(SETTLE_MS, undefined, grace).catch(() => undefined);
      await Promise.race([runtime.settled(), timeout]);
      grace.abort();
    },
    async close() {
      lateCalls.stop();
      // A loader that did not start has closed itself.
      await loading.then((loader) => loader.close?.()).catch(() => undefined);
      // Node tells of a rejection only when it has run all that was due with it.
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
