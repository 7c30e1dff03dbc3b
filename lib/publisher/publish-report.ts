import type { Outcome } from './outbox.ts';
import type { PreparedEvent } from './prepare-event.ts';
import type { PublishedEvent } from './room-event.ts';

/** An event that was good, and could not be published. */
export interface PublishFailure {
  type: PublishedEvent['type'];
  roomId: string;
  id: string;
  /**
   * EventBridge's or the SDK's, such as `ThrottlingException` or `AccessDeniedException`; `TimeoutError` where nothing was
   * answered, and `too_many_waiting`.
   */
  code: string;
  message: string;
}

export interface PublishReport {
  published: number;
  /** Values of a state that were left out because a newer one was sent. */
  superseded: number;
  /** `index` is the event's place in the call. */
  failed: (PublishFailure & { index: number })[];
}

export function reportOf(events: readonly PreparedEvent[], outcomes: readonly Outcome[]): PublishReport {
  const report: PublishReport = { published: 0, superseded: 0, failed: [] };
  for (const [index, event] of events.entries()) {
    const outcome = outcomes[index];
    if (outcome?.status === 'failed') report.failed.push({ index, ...failureOf(event, outcome) });
    else if (outcome?.status === 'superseded') report.superseded += 1;
    else report.published += 1;
  }
  return report;
}

export function failureOf(
  { type, roomId, id }: PreparedEvent,
  { code, message }: { code: string; message: string },
): PublishFailure {
  return { type, roomId, id, code, message };
}
