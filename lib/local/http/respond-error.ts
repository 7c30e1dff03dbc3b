import type { ServerResponse } from 'node:http';
import type { AwsError } from '../aws-json-service.ts';
import { respond } from './respond.ts';

/** An error of the JSON protocols, and in both places where SDKs look for its name. */
export function respondJsonProtocolError(response: ServerResponse, error: AwsError): void {
  const body = JSON.stringify({ __type: error.code, message: error.message });
  respond(response, error.statusCode, body, {
    ...error.headers,
    'Content-Type': 'application/x-amz-json-1.1',
    'x-amzn-errortype': error.code,
  });
}

/** An error of `@connections`. SDKs know its name from the header alone; by the status they would see `Unknown`. */
export function respondManagementError(response: ServerResponse, error: AwsError): void {
  respondRestError(response, error, { message: error.message });
}

/** The errors of Lambda whose message its model writes with a capital letter. */
const WITH_CAPITAL = new Set(['ResourceNotFoundException', 'ServiceException']);

/** An error of Lambda. */
export function respondLambdaError(response: ServerResponse, error: AwsError): void {
  const { code, message, statusCode } = error;
  respondRestError(response, error, {
    ...(code === 'TooManyRequestsException' && { Reason: 'CallerRateLimitExceeded' }),
    Type: statusCode < 500 ? 'User' : 'Service',
    [WITH_CAPITAL.has(code) ? 'Message' : 'message']: message,
  });
}

function respondRestError(response: ServerResponse, error: AwsError, body: Record<string, string>): void {
  respond(response, error.statusCode, JSON.stringify(body), {
    ...error.headers,
    'Content-Type': 'application/json',
    'x-amzn-errortype': error.code,
  });
}
