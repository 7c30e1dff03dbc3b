import { AsyncLocalStorage } from 'node:async_hooks';
import { devNull } from 'node:os';
import { invocationScope } from './function-isolation.ts';

interface RuntimeEnvironmentOptions {
  /** The address of the local emulator, such as `http://localhost:4001`. */
  endpoint: string;
  region: string;
}

/**
 * Variables that every function has in addition to those of its stack. They keep an AWS SDK away from real AWS: the endpoint of
 * every service is the local emulator, the credentials are the developer's, and no profile is read.
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
    // Otherwise every SDK client prints on standard error that the support of Node 20 ends.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

/** Variables that Lambda adds for one function: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
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
 * Makes the whole process unable to reach real AWS. It deletes every exported AWS variable (profiles, session tokens, endpoints
 * of single services) and sets those of the local emulator. This holds until the process ends, because an SDK client resolves
 * region, credentials and endpoint at its first call, which may come long after the start.
 */
export function confineToEmulator(
  common: Record<string, string>,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  for (const name of Object.keys(environment)) {
    if (name.toUpperCase().startsWith('AWS_')) delete environment[name];
  }
  Object.assign(environment, common);
}

type Environment = Record<string, string | undefined>;

const scope = new AsyncLocalStorage<Environment>();
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const TRACE_ID = '_X_AMZN_TRACE_ID';
let installed = false;

/**
 * Runs the code of a function, its module evaluation or its handler, with `process.env` equal to `environment`. A variable
 * that the stack does not set is missing, even if the developer's shell exports it. Code outside sees the environment of the
 * process. Concurrent runs have separate environments, and concurrent invocations of one function have separate variables
 * that Lambda sets for each invocation.
 */
export function runWithEnvironment<Result>(environment: Environment, run: () => Result): Result {
  install();
  return scope.run(environment, run);
}

// Installed once and never removed: outside of a run it is the environment of the process.
function install(): void {
  if (installed) return;
  installed = true;
  const ofProcess = process.env;
  const current = () => scope.getStore() ?? ofProcess;
  /** The variables of this invocation only. */
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
