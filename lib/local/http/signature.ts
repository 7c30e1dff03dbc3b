import type { IncomingMessage } from 'node:http';
import { AwsError } from '../aws-json-service.ts';

const SIGNATURE = /^AWS4-HMAC-SHA256\b/;

/** Whether somebody has signed. Who, and whether they may, nobody asks here. */
export function isSigned(request: IncomingMessage): boolean {
  return SIGNATURE.test(request.headers.authorization ?? '');
}

/** What AWS answers a request without a signature. */
export function missingSignature(): AwsError {
  return new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
}
