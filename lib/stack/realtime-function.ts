import { Duration, RemovalPolicy } from 'aws-cdk-lib';
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
import { type FunctionName, functions } from '../config/functions.ts';
import { createFunction, type FunctionCode } from './function-code.ts';

export interface RealtimeFunctionProps {
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
export class RealtimeFunction extends Construct {
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
