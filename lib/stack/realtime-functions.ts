import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { TokenMode } from '../auth/token-settings.ts';
import { awsLimits } from '../config/aws-limits.ts';
import {
  type EnvironmentVariable,
  type FunctionName,
  functionEntries,
  functions,
  nodeEnvironment,
} from '../config/functions.ts';
import { createFunction, type FunctionCode, packagedBundle } from './function-code.ts';

interface RealtimeFunctionsProps {
  /** Functions are named `<prefix>-<name>`. */
  prefix: string;
  hasCanary: boolean;
  /** Decides which code the auth function is built from. */
  tokenMode: TokenMode;
  /** Value of every variable that a function may declare; each gets only those that it does. */
  environment: Record<EnvironmentVariable, string>;
  logRetention: RetentionDays;
  /** Directory with `<name>/index.mjs`; without it the functions are those of the package, or made of the sources. */
  bundles?: string;
}

export type AlwaysDeployed = Exclude<FunctionName, 'canary'>;

/** The canary is there only where it runs: it may make tokens and put events. */
export type DeployedFunctions = Record<AlwaysDeployed, LambdaFunction> & {
  canary?: LambdaFunction;
};

/** The functions of `lib/config/functions.ts`. */
export class RealtimeFunctions extends Construct {
  readonly byName: DeployedFunctions;

  constructor(scope: Construct, id: string, props: RealtimeFunctionsProps) {
    super(scope, id);
    const { prefix, tokenMode, environment, logRetention, bundles } = props;
    const all = Object.entries(functionEntries(tokenMode)) as [FunctionName, string][];
    const entries = all.filter(([name]) => name !== 'canary' || props.hasCanary);
    const created = entries.map(([name, entry]) => {
      const variables = environmentOf(name, environment);
      checkSize(name, variables, Stack.of(this));
      const { function: created } = new RealtimeFunction(this, name, {
        name,
        prefix,
        logRetention,
        code: codeOf(entry, bundles && join(bundles, name)),
        environment: variables,
      });
      return [name, created];
    });
    this.byName = Object.fromEntries(created) as DeployedFunctions;
  }
}

function codeOf(entry: string, given: string | undefined): FunctionCode {
  const bundle = given ?? packagedBundle(entry);
  return bundle === undefined ? { entry } : { bundle };
}

/** Of all names and values. */
const MAX_ENVIRONMENT_BYTES = awsLimits.environmentBytes.value;

function environmentOf(
  name: FunctionName,
  values: Record<EnvironmentVariable, string>,
): Record<string, string> {
  const declared = functions[name].environment.map((variable) => [variable, values[variable]]);
  return { ...Object.fromEntries(declared), ...nodeEnvironment };
}

/** Throws where Lambda would refuse the deploy. What CloudFormation fills in counts as long as it is in the template. */
function checkSize(name: FunctionName, environment: Record<string, string>, stack: Stack): void {
  const sizeOf = (text: string) => {
    const resolved: unknown = stack.resolve(text);
    return Buffer.byteLength(typeof resolved === 'string' ? resolved : JSON.stringify(resolved));
  };
  const sizes = Object.entries(environment).map(([variable, value]) => variable.length + sizeOf(value));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes <= MAX_ENVIRONMENT_BYTES) return;
  throw new Error(
    `The settings make ${bytes} bytes of variables for the function ${name}, and Lambda allows ${MAX_ENVIRONMENT_BYTES}: shorten the longest, such as userPoolClientId or tokenAudience`,
  );
}

interface RealtimeFunctionProps {
  name: FunctionName;
  /** The function is named `<prefix>-<name>`. */
  prefix: string;
  code: FunctionCode;
  environment: Record<string, string>;
  logRetention: RetentionDays;
}

/** By its own name, so that one function can be told of another before either is there. */
export function deployedName(prefix: string, name: FunctionName): string {
  return `${prefix}-${name}`;
}

/**
 * Every line is JSON, Lambda's own as well: a time-out or a crash is found by the same query as an error. What code has
 * written as JSON stays as it is: the logger's lines, and metrics in embedded format.
 *
 * The level is Lambda's: the logger takes it from there, and not from POWERTOOLS_LOG_LEVEL. It is never to be above INFO:
 * Lambda would drop the metrics, which have no level and count as INFO. Of its own lines Lambda writes those of invocations
 * that failed: how long the others took is a metric.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
const logging = {
  loggingFormat: LoggingFormat.JSON,
  applicationLogLevelV2: ApplicationLogLevel.INFO,
  systemLogLevelV2: SystemLogLevel.WARN,
};

/** One function, with a log group and a role of its own that may write to it, and nothing else yet. */
class RealtimeFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: RealtimeFunctionProps) {
    super(scope, id);
    const { name, prefix, code, environment, logRetention } = props;
    const functionName = deployedName(prefix, name);
    const { timeoutSeconds, memoryMB, ...described } = functions[name];
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Not the managed AWSLambdaBasicExecutionRole: it may write to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.function = createFunction(this, 'Function', code, {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMB,
      timeout: Duration.seconds(timeoutSeconds),
      // Lambda's default is to stop a loop.
      ...('recursiveLoop' in described && { recursiveLoop: RecursiveLoop.ALLOW }),
      environment,
      ...logging,
      logGroup,
      role,
    });
  }
}
