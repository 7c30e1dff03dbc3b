import { eventFrame } from '../../protocol/event-frame.ts';
import type { LoggedEvent } from '../room-log.ts';

/** What was sent before, and what never will be. */
export interface FramesBefore {
  /** Number of the last frame. */
  sent: number;
  /** Number of the last event that is missing in the log, 0 where none is: it expired before it was sent. */
  missing: number;
}

/**
 * The frames of events that are sent one after the other, each naming the one before it. The first behind a missing
 * event names that one, which nobody has: so every client finds out that it has missed something.
 */
export function chainFrames(
  { roomId, epoch }: { roomId: string; epoch: string },
  events: readonly LoggedEvent[],
  { sent, missing }: FramesBefore,
): string[] {
  return events.map(({ seq, type, id, publishedAt, data }, index) => {
    const before = events[index - 1]?.seq ?? sent;
    const prev = before < missing && missing < seq ? missing : before;
    return eventFrame({ type, roomId, id, publishedAt, data }, { epoch, seq, prev });
  });
}
