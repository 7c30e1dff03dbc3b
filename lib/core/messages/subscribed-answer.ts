import { MAX_MESSAGE_BYTES } from '../../protocol/limits.ts';
import type { ServerAnswer } from '../../protocol/server-messages.ts';
import { encodeAnswer } from '../connection/answers.ts';
import type { Connection, RoomRequest } from '../connection/connection.ts';
import type { ConnectionDeps } from '../ports.ts';
import { isPermanent } from '../retry-call.ts';
import { readOrCreateCursor } from '../stream/cursor.ts';
import { type Missed, missedSince, snapshotOf } from '../stream/recovery.ts';

type SubscribedAnswer = Extract<ServerAnswer, { type: 'room_subscribed' }>;
type Recovery = Pick<SubscribedAnswer['data'], 'recovered' | 'events' | 'snapshot' | 'reason'>;

/**
 * The answer to a live subscribe, with the events that the client missed or the snapshot that it asked for. The caller
 * must have written the membership: the cursor is read here, so every event beyond the cursor is sent to this member.
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
  { id, echo, since, snapshot: wantsSnapshot }: RoomRequest,
): Promise<SubscribedAnswer> {
  const cursor = await readOrCreateCursor(deps, roomId);
  const answer = (recovery: Recovery): SubscribedAnswer => ({
    type: 'room_subscribed',
    data: { ...echo, epoch: cursor.epoch, seq: cursor.seq, ...recovery },
    ...(id !== undefined && { id }),
  });
  /** After a permanent failure, `otherwise`: with the answer `internal` the client would ask again and fail again. */
  const readOrElse = async <Result>(otherwise: Result, read: () => Promise<Result>): Promise<Result> => {
    try {
      return await read();
    } catch (error) {
      if (!isPermanent(error)) throw error;
      deps.log('recovery_failed', { connectionId, roomId, error });
      return otherwise;
    }
  };
  /** Not recovered: the answer with the snapshot, or without it if it cannot be read or is too large. */
  const withSnapshot = async (reason?: Recovery['reason']) => {
    const recovery = { recovered: false, ...(reason !== undefined && { reason }) };
    const snapshot = await readOrElse(undefined, () => snapshotOf(deps.store, roomId, cursor));
    const whole = snapshot && answer({ ...recovery, snapshot });
    return whole && fits(whole) ? whole : answer({ recovered: false, reason: reason ?? 'too_large' });
  };

  if (since === undefined) return wantsSnapshot ? withSnapshot() : answer({ recovered: false });
  const unreadable: Missed = { ok: false, reason: 'too_old' };
  const missed = await readOrElse(unreadable, () => missedSince(deps.store, roomId, cursor, since));
  if (!missed.ok) return withSnapshot(missed.reason);
  const whole = answer({ recovered: true, events: missed.events });
  return fits(whole) ? whole : withSnapshot('too_large');
}

function fits(answer: ServerAnswer): boolean {
  return encodeAnswer(answer).byteLength <= MAX_MESSAGE_BYTES;
}
