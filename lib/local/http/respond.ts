import type { ServerResponse } from 'node:http';
import type { AwsError } from '../aws-json-service.ts';

/** Sends a complete answer. Does nothing if the client has gone. */
export function respond(
  response: ServerResponse,
  statusCode: number,
  body = '',
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(statusCode, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** Sends a value as JSON. */
export function respondJson(response: ServerResponse, statusCode: number, value: unknown): void {
  respond(response, statusCode, `${JSON.stringify(value)}\n`, { 'Content-Type': 'application/json' });
}

/** Sends an error of the JSON protocols. Its code is in the header and in the body, because SDKs read either. */
export function respondJsonProtocolError(response: ServerResponse, error: AwsError): void {
  const body = JSON.stringify({ __type: error.code, message: error.message, ...error.fields });
  respond(response, error.statusCode, body, {
    ...error.headers,
    'Content-Type': 'application/x-amz-json-1.1',
    'x-amzn-errortype': error.code,
  });
}

/** Sends an error of `@connections`. SDKs read its code from the header only; without it they report `Unknown`. */
export function respondManagementError(response: ServerResponse, error: AwsError): void {
  respondRestError(response, error, { [messageKey(error)]: error.message });
}

/** Errors whose message field starts with a capital letter: some of Lambda's, and IAM's in any API. */
const WITH_CAPITAL = new Set([
  'ResourceNotFoundException',
  'ServiceException',
  'RecursiveInvocationException',
  'AccessDeniedException',
]);
const messageKey = ({ code }: AwsError) => (WITH_CAPITAL.has(code) ? 'Message' : 'message');

/** Errors that AWS answers before Lambda sees the request; they have no `Type`. */
const BEFORE_LAMBDA = new Set(['MissingAuthenticationTokenException', 'AccessDeniedException']);

/** Sends an error of Lambda. */
export function respondLambdaError(response: ServerResponse, error: AwsError): void {
  const { code, message, statusCode } = error;
  respondRestError(response, error, {
    ...(code === 'TooManyRequestsException' && { Reason: 'CallerRateLimitExceeded' }),
    ...(!BEFORE_LAMBDA.has(code) && { Type: statusCode < 500 ? 'User' : 'Service' }),
    [messageKey(error)]: message,
    ...error.fields,
  });
}

function respondRestError(response: ServerResponse, error: AwsError, body: Record<string, unknown>): void {
  respond(response, error.statusCode, JSON.stringify(body), {
    ...error.headers,
    'Content-Type': 'application/json',
    'x-amzn-errortype': error.code,
  });
}
