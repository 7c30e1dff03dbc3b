import { AwsError } from '../aws-json-service.ts';
import type { InvocationPath } from './invocation-path.ts';

export interface InvocationTarget {
  /** Of a function that the stack may not have. */
  functionName: string;
  qualifier: string | undefined;
}

/** Lambda's own pattern, with names for what is read. */
const FUNCTION_NAME =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:\d{12}:)?(?:function:)?(?<name>[a-zA-Z0-9-_.]+)(?::(?<suffix>\$LATEST|[a-zA-Z0-9-_]+))?$/;

/**
 * Reads a name, `name:qualifier`, a partial or a full ARN. Of accounts the emulator knows none, so each will do.
 * @throws AwsError ValidationException (400); InvalidParameterValueException (400) for two qualifiers that differ;
 *   ResourceNotFoundException (404) for an ARN of another region.
 */
export function invocationTarget(path: InvocationPath, region: string): InvocationTarget {
  const found = FUNCTION_NAME.exec(path.functionName)?.groups;
  if (found?.['name'] === undefined) throw malformed(path.functionName);
  const { name, suffix, region: ofArn = region } = found;
  if (ofArn !== region) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Functions from '${ofArn}' are not reachable in this region ('${region}')`,
      404,
    );
  }
  if (suffix !== undefined && path.qualifier !== undefined && suffix !== path.qualifier) {
    throw new AwsError(
      'InvalidParameterValueException',
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  }
  return { functionName: name, qualifier: path.qualifier ?? suffix };
}

function malformed(functionName: string): AwsError {
  const rule = 'Member must satisfy regular expression pattern';
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${functionName}' at 'functionName' failed to satisfy constraint: ${rule}`,
  );
}
