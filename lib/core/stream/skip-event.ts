import type { Log } from '../log.ts';
import { isPermanent } from '../retry.ts';
import type { LoggedEvent } from '../room-log.ts';

/** An event that cannot be sent to its room. */
interface SkippedEvent {
  roomId: string;
  epoch: string;
  /** Its number. No other event gets it, so clients see the gap by `prev`. */
  seq: number;
  /** Undefined if the log cannot be read either. */
  event: LoggedEvent | undefined;
}

/** Dead-letters an event with the reason. Throws if the queue refuses it. */
export type DeadLetterEvent = (givenUp: SkippedEvent, error: unknown) => Promise<void>;

export interface SkipDeps {
  deadLetterEvent: DeadLetterEvent;
  log: Log;
}

/**
 * Dead-letters an event that failed permanently, so that its room can continue. Throws if the queue fails transiently. If
 * the queue fails permanently, too, only a log line is left of the event.
 */
export async function skipEvent(
  { deadLetterEvent, log }: SkipDeps,
  givenUp: SkippedEvent,
  error: unknown,
): Promise<void> {
  const { roomId, epoch, seq, event } = givenUp;
  const ids = {
    roomId,
    epoch,
    seq,
    ...(event !== undefined && { eventId: event.id, eventType: event.type }),
  };
  try {
    await deadLetterEvent(givenUp, error);
  } catch (refused) {
    if (!isPermanent(refused)) throw refused;
    log('event_not_dead_lettered', { ...ids, error: refused });
  }
  log('event_skipped', { ...ids, error });
}
