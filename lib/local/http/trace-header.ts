import type { IncomingMessage } from 'node:http';

/**
 * X-Ray's header of a call, which the SDKs set in a function; none where it is called from elsewhere.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function traceHeadersOf({ headers }: Pick<IncomingMessage, 'headers'>): string[] {
  const header = headers['x-amzn-trace-id'];
  return typeof header === 'string' ? [header] : [];
}
