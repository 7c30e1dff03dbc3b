import type { ServerResponse } from 'node:http';
import type { AwsError } from '../aws-json-service.ts';

/** Sends a whole answer. Does nothing when the client has gone. */
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

/** An error of the JSON protocols, and in both places where SDKs look for its name. */
export function respondJsonProtocolError(response: ServerResponse, error: AwsError): void {
  const body = JSON.stringify({ __type: error.code, message: error.message, ...error.fields });
  respond(response, error.statusCode, body, {
    ...error.headers,
    'Content-Type': 'application/x-amz-json-1.1',
    'x-amzn-errortype': error.code,
  });
}

/** An error of `@connections`. SDKs know its name from the header alone; by the status they would see `Unknown`. */
export function respondManagementError(response: ServerResponse, error: AwsError): void {
  respondRestError(response, error, { [messageKey(error)]: error.message });
}

/** The errors of Lambda whose message its model writes with a capital letter, and IAM's, of any API. */
const WITH_CAPITAL = new Set([
  'ResourceNotFoundException',
  'ServiceException',
  'RecursiveInvocationException',
  'AccessDeniedException',
]);
const messageKey = ({ code }: AwsError) => (WITH_CAPITAL.has(code) ? 'Message' : 'message');

/** Not of Lambda's own: AWS gives these before it, and without its type. */
const BEFORE_LAMBDA = new Set(['MissingAuthenticationTokenException', 'AccessDeniedException']);

/** An error of Lambda. */
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
