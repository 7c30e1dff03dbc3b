import type { PostOutcome } from '../core/ports.ts';

/** What the status of an answer says; undefined is no answer: the connection to API Gateway broke. */
export function outcomeOfStatus(status: number | undefined): PostOutcome {
  if (status === undefined || status >= 500) return 'unavailable';
  if (status === 410) return 'gone';
  if (status === 429) return 'throttled';
  return status >= 200 && status < 300 ? 'delivered' : 'refused';
}
