import type { Log } from '../log-events.ts';
import { isLasting } from '../retry.ts';
import type { LoggedEvent } from '../room-log.ts';

/** An event that its room cannot be sent. */
interface GivenUp {
  roomId: string;
  epoch: string;
  /** Its number, which no other event gets: clients see by `prev` that they have missed it. */
  seq: number;
  /** Absent where not even the log can be read. */
  event: LoggedEvent | undefined;
}

/** Dead-letters an event with the reason. Throws when the queue does not take it. */
export type DeadLetterEvent = (givenUp: GivenUp, error: unknown) => Promise<void>;

export interface GiveUpDeps {
  deadLetterEvent: DeadLetterEvent;
  log: Log;
}

/**
 * Dead-letters an event that a room cannot take, so that the room can go on. Throws where the queue does not take it for a
 * reason that may pass; where that lasts as well, the line in the log is all that is left of it.
 */
export async function giveUp(
  { deadLetterEvent, log }: GiveUpDeps,
  givenUp: GivenUp,
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
    if (!isLasting(refused)) throw refused;
    log('event_not_dead_lettered', { ...ids, error: refused });
  }
  log('event_skipped', { ...ids, error });
}
