import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import type { LambdaFunction } from '../description.ts';
import { jsonDepth, percentDecoded, readBody, traceHeadersOf } from '../http/request.ts';
import { respond } from '../http/respond.ts';
import type { InvocationResult, Invoke } from '../invoke.ts';

export interface InvokeApi {
  functions: Record<string, LambdaFunction>;
  region: string;
  invoke: Invoke;
  invokeAsynchronously(functionName: string, payload: string, traceHeaders: readonly string[]): void;
}

interface InvokeCall {
  target: InvocationTarget;
  request: IncomingMessage;
  response: ServerResponse;
}

type InvocationType = 'RequestResponse' | 'Event' | 'DryRun';

const MB = 1024 * 1024;
const MAX_PAYLOAD_BYTES: Record<InvocationType, number> = {
  RequestResponse: 6 * MB,
  Event: MB,
  DryRun: 6 * MB,
};
/** The local emulator publishes no versions. */
const ONLY_VERSION = '$LATEST';

/**
 * Lambda's `Invoke`: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, without log tail and client
 * context. As in AWS, a function continues when its caller closes the connection.
 * @throws AwsError ResourceNotFoundException (404), InvalidParameterValueException and RecursiveInvocationException (400),
 *   TooManyRequestsException (429), and as `readPayload`.
 */
export async function serveInvoke(api: InvokeApi, { target, request, response }: InvokeCall): Promise<void> {
  const type = invocationType(request);
  const functionName = existing(api, target);
  const payload = await readPayload(request, MAX_PAYLOAD_BYTES[type]);
  if (type === 'DryRun') return respond(response, 204);
  if (type === 'Event') {
    respond(response, 202);
    return api.invokeAsynchronously(functionName, payload, traceHeadersOf(request));
  }
  const result = await api.invoke(functionName, JSON.parse(payload), traceHeadersOf(request));
  if (!result.ok && result.throttled) throw tooManyRequests(result.error.errorMessage);
  if (!result.ok && result.recursive) throw new AwsError(result.error.errorType, result.error.errorMessage);
  respondResult(response, result);
}

function invocationType(request: IncomingMessage): InvocationType {
  const type = request.headers['x-amz-invocation-type'] || 'RequestResponse';
  if (type === 'RequestResponse' || type === 'Event' || type === 'DryRun') return type;
  const rule = 'Member must satisfy enum value set: [Event, RequestResponse, DryRun]';
  throw new AwsError(
    'InvalidParameterValueException',
    `1 validation error detected: Value '${type}' at 'invocationType' failed to satisfy constraint: ${rule}`,
  );
}

function existing({ functions, region }: InvokeApi, { functionName, qualifier }: InvocationTarget): string {
  const version = qualifier ?? ONLY_VERSION;
  if (Object.hasOwn(functions, functionName) && version === ONLY_VERSION) return functionName;
  const arn = `arn:aws:lambda:${region}:000000000000:function:${functionName}:${version}`;
  throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
}

/**
 * The error when the account is at its concurrency. The SDK reads `Retry-After` as `retryAfterSeconds`
 * (https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-aws-sdk-client-lambda/Class/TooManyRequestsException);
 * the value 1 is an assumption.
 */
function tooManyRequests(message: string): AwsError {
  const headers = { 'Retry-After': '1' };
  const fields = { Reason: 'ConcurrentInvocationLimitExceeded' };
  return new AwsError('TooManyRequestsException', message, 429, headers, fields);
}

/** An error of the function is an answer too; only the header `X-Amz-Function-Error` marks it. */
function respondResult(response: ServerResponse, result: InvocationResult): void {
  respond(response, 200, JSON.stringify(result.ok ? result.payload : result.error), {
    'Content-Type': 'application/json',
    'X-Amz-Executed-Version': ONLY_VERSION,
    ...(!result.ok && { 'X-Amz-Function-Error': 'Unhandled' }),
  });
}

interface InvocationTarget {
  /** The stack may not have this function. */
  functionName: string;
  qualifier: string | undefined;
}

/** Lambda's own pattern, with named groups. */
const FUNCTION_NAME =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:\d{12}:)?(?:function:)?(?<name>[a-zA-Z0-9-_.]+)(?::(?<suffix>\$LATEST|[a-zA-Z0-9-_]+))?$/;

/**
 * Reads a name, `name:qualifier`, a partial or a full ARN. Any account id is accepted.
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

export interface InvocationPath {
  /** As the caller wrote it: a name or an ARN, with or without a qualifier. */
  functionName: string;
  qualifier: string | undefined;
}

/** Reads `/2015-03-31/functions/{name}/invocations?Qualifier=…`; undefined for any other path. */
export function invocationPath(url: string): InvocationPath | undefined {
  const [path = '', query = ''] = url.split('?');
  const match = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path);
  if (match === null) return undefined;
  const qualifier = new URLSearchParams(query).get('Qualifier') || undefined;
  return { functionName: percentDecoded(match[1] ?? ''), qualifier };
}

/** Not a limit of Lambda. The code of this process that copies an event recurses as deep as the event. */
const DEEPEST_PAYLOAD = 1_000;

/**
 * The payload of an invocation, as JSON. An empty body becomes `{}`, as in AWS.
 * @throws AwsError RequestTooLargeException (413), InvalidRequestContentException (400).
 */
async function readPayload(request: IncomingMessage, limitBytes: number): Promise<string> {
  const body = await readBody(request, limitBytes);
  if (body === undefined) {
    // The documented name. Lambda itself also answers RequestEntityTooLargeException, with the same status.
    const message = `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`;
    throw new AwsError('RequestTooLargeException', message, 413);
  }
  return body.length === 0 ? '{}' : jsonOf(body);
}

function jsonOf(body: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (jsonDepth(text) > DEEPEST_PAYLOAD) throw new Error(`it is nested more than ${DEEPEST_PAYLOAD} deep`);
    JSON.parse(text);
    return text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: Could not parse payload into json: ${reason}`,
    );
  }
}
