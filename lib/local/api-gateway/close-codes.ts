/** How a connection ends, as the client sees it and as the `$disconnect` event tells it. */
export interface Closing {
  code: number;
  reason: string;
}

/** Ten minutes without a message, two hours of life, or the emulator itself going down. */
export const GOING_AWAY: Closing = { code: 1001, reason: 'Going away' };
/** `DELETE @connections`: AWS lets nobody choose another code (aws/chalice#2060). */
export const CLOSED_NORMALLY: Closing = { code: 1000, reason: 'Connection Closed Normally' };
/** Binary frames are not supported. */
export const UNSUPPORTED_DATA: Closing = { code: 1003, reason: '' };
/** A message over 128 KB or a frame over 32 KB. */
export const TOO_LARGE: Closing = { code: 1009, reason: '' };
/** A client that does not read what it is answered. AWS does not say how it ends; 1008 is its code for what it throttles. */
export const NOT_READING: Closing = { code: 1008, reason: '' };
/**
 * What API Gateway does without a cause in the client's message: it is throttled, has failed, restarts. That it closes
 * with these codes AWS says (api-gateway.md of the skill aws-serverless in github.com/aws/agent-toolkit-for-aws); when
 * exactly, and with what reason, it does not, so they are made on request alone.
 */
export const ON_REQUEST: readonly Closing[] = [
  { code: 1008, reason: '' },
  { code: 1011, reason: '' },
  { code: 1012, reason: '' },
];
/** The TCP connection ended without a close frame. */
export const ABNORMAL: Closing = { code: 1006, reason: '' };

const NO_STATUS = 1005;

/** What `$disconnect` is told about a client's own close frame; AWS words the absence of a code itself. */
export function closedByClient(code: number, reason: string): Closing {
  return code === NO_STATUS ? { code, reason: 'Client-side close frame status not set' } : { code, reason };
}
