import { AsyncLocalStorage } from 'node:async_hooks';
import { devNull } from 'node:os';
import { invocationScope } from './function-isolation.ts';

interface RuntimeEnvironmentOptions {
  /** The emulator, such as `http://localhost:4001`. */
  endpoint: string;
  region: string;
}

/**
 * The variables that every function has without its stack naming them, and that keep an AWS SDK away from real
 * AWS: the endpoint of every service is the emulator, the credentials are a developer's, and no profile is read.
 */
export function runtimeEnvironment({ endpoint, region }: RuntimeEnvironmentOptions): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: endpoint,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The SDK announces the end of its Node 20 support on standard error at every client.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

/** What Lambda adds for one function: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export function functionRuntimeEnvironment(functionName: string, memoryMB: number): Record<string, string> {
  return {
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMB),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${functionName}`,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

/**
 * Makes the whole process safe: drops every AWS variable that the developer exported (profiles, session tokens,
 * endpoints of single services) and sets those of the emulator. For the life of the process, because an SDK client
 * resolves region, credentials and endpoint at its first call, which may be long after the emulator has started.
 */
export function confineToLocalAws(
  common: Record<string, string>,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  for (const name of Object.keys(environment)) {
    if (name.toUpperCase().startsWith('AWS_')) delete environment[name];
  }
  Object.assign(environment, common);
}

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
