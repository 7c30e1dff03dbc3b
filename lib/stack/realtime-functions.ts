import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { TokenMode } from '../auth/token-settings.ts';
import {
  type EnvironmentVariable,
  type FunctionName,
  functionEntries,
  functions,
  nodeEnvironment,
} from '../config/functions.ts';
import type { FunctionCode } from './function-code.ts';
import { packagedBundle } from './packaged-bundle.ts';
import { RealtimeFunction } from './realtime-function.ts';

export interface RealtimeFunctionsProps {
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

/** Of all names and values. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ENVIRONMENT_BYTES = 4_096;

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
