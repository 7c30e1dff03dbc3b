import type { Permission } from './iam/required-permissions.ts';

/**
 * An AWS service of the "AWS JSON" protocol: `POST /` whose `x-amz-target` header is `<target>.<Operation>`.
 * An operation takes the parsed body, and X-Ray's header where the call has one. It returns the body of the answer, or
 * throws an `AwsError`.
 */
export interface AwsJsonService {
  /** What stands before the dot in `x-amz-target`, such as `AWSEvents`. */
  target: string;
  contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  operations: Record<string, (input: Record<string, unknown>, traceHeader?: string) => unknown>;
  /** What a caller's role must allow for this call. */
  needs(operation: string, input: Record<string, unknown>): readonly Permission[];
}

/** An answer that the SDKs turn into an exception named `code`. */
export class AwsError extends Error {
  readonly code: string;
  readonly statusCode: number;
  /** Further headers of the answer, such as SQS's `x-amzn-query-error`. */
  readonly headers: Record<string, string>;
  /** Further fields of its body, such as Lambda's `Reason`. */
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
