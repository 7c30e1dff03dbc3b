import type { User } from '../../../lib/core/connection/connection.ts';
import { authenticate } from '../../../lib/core/messages/authenticate.ts';
import { changeRoom } from '../../../lib/core/messages/change-room.ts';
import type { ConnectionDeps, VerifyToken } from '../../../lib/core/ports.ts';
import type { RequestId, Subscription } from '../../../lib/protocol/client-messages.ts';
import type { ServerAnswer } from '../../../lib/protocol/server-messages.ts';
import { aUser } from '../../support/rows.ts';
import { START } from './skipping-time.ts';

/** When and under which id a client has sent a message. */
interface Sent {
  sentAt?: number;
  id?: RequestId;
}

const withId = (id: RequestId | undefined) => (id === undefined ? {} : { id });

/** An `auth` with a token that is good for this user, is not good (`undefined`), or cannot be checked yet. */
export function auth(
  deps: ConnectionDeps,
  connectionId: string,
  user: Partial<User> | 'not yet' | undefined,
  { sentAt = START, id, onThrottledOut = () => undefined }: Sent & { onThrottledOut?: () => void } = {},
): Promise<ServerAnswer> {
  const verifyToken: VerifyToken = async () => {
    if (user === undefined) return { ok: false, reason: 'expired' };
    if (user === 'not yet') return { ok: false, reason: 'the issuer was asked too often', isRetryable: true };
    return { ok: true, user: aUser(user) };
  };
  const message = { type: 'auth', data: { token: 'token' }, ...withId(id) } as const;
  return authenticate(
    { ...deps, verifyToken, onRefusedToken: () => undefined, onThrottledOut },
    { connectionId, sentAt, message },
  );
}

export function subscribe(
  deps: ConnectionDeps,
  connectionId: string,
  roomId: string,
  { sentAt = START, id, ...asks }: Sent & Subscription = {},
): Promise<ServerAnswer> {
  const data = { roomId, echo: { roomId }, ...asks };
  const message = { type: 'subscribe_room', data, ...withId(id) } as const;
  return changeRoom(deps, { connectionId, sentAt, message });
}

export function unsubscribe(
  deps: ConnectionDeps,
  connectionId: string,
  roomId: string,
  { sentAt = START, id }: Sent = {},
): Promise<ServerAnswer> {
  const data = { roomId, echo: { roomId } };
  const message = { type: 'unsubscribe_room', data, ...withId(id) } as const;
  return changeRoom(deps, { connectionId, sentAt, message });
}
