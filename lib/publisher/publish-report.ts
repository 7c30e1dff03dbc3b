import type { EventRefusal } from '../protocol/parse-room-event.ts';
import type { Outcome } from './outbox.ts';
import type { PreparedEvent, PublishedEvent } from './room-event.ts';

/** Why a call was refused before any of its events was sent. */
export type PublishErrorCode =
  | EventRefusal
  /** `close()` was called. */
  | 'closed';

/** A refused call: none of its events was sent. `message` names the event and says what was expected. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;

  constructor(code: PublishErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A valid event that could not be published. */
export interface PublishFailure {
  type: PublishedEvent['type'];
  roomId: string;
  id: string;
  /**
   * The code of EventBridge or of the SDK, such as `ThrottlingException` or `AccessDeniedException`; `TimeoutError` if there was
   * no answer; `queue_full`.
   */
  code: string;
  message: string;
}

export interface PublishReport {
  published: number;
  /** How many values of a state were not sent, because a newer value was sent instead. */
  superseded: number;
  /** `index` is the position of the event in the call. */
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
