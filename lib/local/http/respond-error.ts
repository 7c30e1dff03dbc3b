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
  respond(response, error.statusCode, JSON.stringify({ message: error.message }), {
    'Content-Type': 'application/json',
    'x-amzn-errortype': error.code,
  });
}
