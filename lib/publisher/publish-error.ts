import type { EventRefusal } from '../protocol/parse-room-event.ts';

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
