import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import type { LambdaFunction } from '../description.ts';
import { respond } from '../http/respond.ts';
import { traceHeadersOf } from '../http/trace-header.ts';
import type { InvocationResult, Invoke } from '../invoke.ts';
import { readPayload } from './invocation-payload.ts';
import type { InvocationTarget } from './invocation-target.ts';

export interface InvokeApi {
  functions: Record<string, LambdaFunction>;
  region: string;
  invoke: Invoke;
  invokeAsynchronously(functionName: string, payload: string, traceHeaders: readonly string[]): void;
}

export interface InvokeCall {
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
/** Nothing is ever published here. */
const ONLY_VERSION = '$LATEST';

/**
 * Lambda's `Invoke`: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, without log tail and client
 * context. As in AWS, a function whose caller hangs up runs on.
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
 * The account is at its concurrency. The SDK reads `Retry-After` as `retryAfterSeconds`
 * (https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-aws-sdk-client-lambda/Class/TooManyRequestsException);
 * that it is 1 is assumed.
 */
function tooManyRequests(message: string): AwsError {
  const headers = { 'Retry-After': '1' };
  const fields = { Reason: 'ConcurrentInvocationLimitExceeded' };
  return new AwsError('TooManyRequestsException', message, 429, headers, fields);
}

/** What the function has thrown is an answer too: only its header tells. */
function respondResult(response: ServerResponse, result: InvocationResult): void {
  respond(response, 200, JSON.stringify(result.ok ? result.payload : result.error), {
    'Content-Type': 'application/json',
    'X-Amz-Executed-Version': ONLY_VERSION,
    ...(!result.ok && { 'X-Amz-Function-Error': 'Unhandled' }),
  });
}
