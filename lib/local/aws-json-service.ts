import type { Permission } from './iam/required-permissions.ts';

/**
 * An AWS service of the "AWS JSON" protocol: `POST /` whose `x-amz-target` header is `<target>.<Operation>`.
 * An operation takes the parsed body, and X-Ray's header if the call has one. It returns the body of the answer, or throws an
 * `AwsError`.
 */
export interface AwsJsonService {
  /** The part before the dot in `x-amz-target`, such as `AWSEvents`. */
  target: string;
  contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  operations: Record<string, (input: Record<string, unknown>, traceHeader?: string) => unknown>;
  /** The permissions that the caller's role needs for this call. */
  needs(operation: string, input: Record<string, unknown>): readonly Permission[];
}

/** An error answer, which SDKs turn into an exception with the name `code`. */
export class AwsError extends Error {
  readonly code: string;
  readonly statusCode: number;
  /** Additional headers of the answer, such as SQS's `x-amzn-query-error`. */
  readonly headers: Record<string, string>;
  /** Additional fields of the body, such as Lambda's `Reason`. */
  readonly fields: Record<string, unknown>;

  constructor(
    code: string,
    message: string,
    statusCode = 400,
    headers: Record<string, string> = {},
    fields: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.statusCode = statusCode;
    this.headers = headers;
    this.fields = fields;
  }
}
