import type { EventRefusal } from '../protocol/parse-room-event.ts';
import type { Outcome } from './outbox.ts';
import type { PreparedEvent, PublishedEvent } from './room-event.ts';

/** Why an event was refused before anything was sent. */
export type PublishErrorCode =
  | EventRefusal
  /** `close()` was called. */
  | 'closed';

/** A mistake of whoever calls; nothing of the call was sent. `message` says which event, and what was expected. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;

  constructor(code: PublishErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** An event that was good, and could not be published. */
export interface PublishFailure {
  type: PublishedEvent['type'];
  roomId: string;
  id: string;
  /**
   * EventBridge's or the SDK's, such as `ThrottlingException` or `AccessDeniedException`; `TimeoutError` where nothing was
   * answered, and `queue_full`.
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
