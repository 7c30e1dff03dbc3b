import { MAX_MESSAGE_BYTES } from '../../protocol/limits.ts';
import type { ServerAnswer } from '../../protocol/server-messages.ts';
import { encodeAnswer } from '../connection/answers.ts';
import type { Connection, RoomRequest } from '../connection/connection.ts';
import type { ConnectionDeps } from '../ports.ts';
import { isLasting } from '../retry.ts';
import { readOrCreateCursor } from '../stream/cursor.ts';
import { type Missed, missedSince, snapshotOf } from '../stream/recover.ts';

type SubscribedAnswer = Extract<ServerAnswer, { type: 'room_subscribed' }>;
type Recovery = Pick<SubscribedAnswer['data'], 'recovered' | 'events' | 'snapshot' | 'reason'>;

/**
 * The answer to a subscribe that is live, with what the client has missed or asked for. To be made after the membership
 * was written: the cursor is read now, so an event that it does not count is sent to this member.
 */
export async function subscribedAnswer(
  deps: Pick<ConnectionDeps, 'store' | 'clock' | 'random' | 'log'>,
  { connectionId, user }: Connection,
  roomId: string,
  request: RoomRequest,
): Promise<ServerAnswer> {
  const answer = await recoveryAnswer(deps, connectionId, roomId, request);
  const { epoch, seq, recovered, events, reason } = answer.data;
  deps.log('room_subscribed', {
    connectionId,
    userId: user?.userId ?? '',
    roomId,
    epoch,
    seq,
    recovered,
    ...(request.since !== undefined && { since: request.since.seq }),
    ...(events !== undefined && { events: events.length }),
    ...(reason !== undefined && { reason }),
  });
  return answer;
}

async function recoveryAnswer(
  deps: Pick<ConnectionDeps, 'store' | 'clock' | 'random' | 'log'>,
  connectionId: string,
  roomId: string,
  { id, echo, since, snapshot: isAsked }: RoomRequest,
): Promise<SubscribedAnswer> {
  const cursor = await readOrCreateCursor(deps, roomId);
  const answer = (recovery: Recovery): SubscribedAnswer => ({
    type: 'room_subscribed',
    data: { ...echo, epoch: cursor.epoch, seq: cursor.seq, ...recovery },
    ...(id !== undefined && { id }),
  });
  /** Where a read fails for good, asking again would be answered `internal` for as long as the log is kept. */
  const orElse = async <Result>(otherwise: Result, read: () => Promise<Result>): Promise<Result> => {
    try {
      return await read();
    } catch (error) {
      if (!isLasting(error)) throw error;
      deps.log('recovery_failed', { connectionId, roomId, error });
      return otherwise;
    }
  };
  const withSnapshot = async (reason?: Recovery['reason']) => {
    const recovery = { recovered: false, ...(reason !== undefined && { reason }) };
    const snapshot = await orElse(undefined, () => snapshotOf(deps.store, roomId, cursor));
    const whole = snapshot && answer({ ...recovery, snapshot });
    return whole && fits(whole) ? whole : answer({ recovered: false, reason: reason ?? 'too_large' });
  };

  if (since === undefined) return isAsked ? withSnapshot() : answer({ recovered: false });
  const unreadable: Missed = { ok: false, reason: 'too_old' };
  const missed = await orElse(unreadable, () => missedSince(deps.store, roomId, cursor, since));
  if (!missed.ok) return withSnapshot(missed.reason);
  const whole = answer({ recovered: true, events: missed.events });
  return fits(whole) ? whole : withSnapshot('too_large');
}

function fits(answer: ServerAnswer): boolean {
  return encodeAnswer(answer).byteLength <= MAX_MESSAGE_BYTES;
}
