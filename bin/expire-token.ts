import type { User } from '../lib/core/connection/connection.ts';
import { reconcileMembership } from '../lib/core/connection/reconcile-membership.ts';
import type { Store } from '../lib/core/ports.ts';

/**
 * Makes the token of a connection expire now, so that a developer sees how the client reacts. Returns false if the connection
 * has not authenticated.
 */
export async function expireToken(
  store: Pick<Store, 'getConnection' | 'setUser' | 'refuseRoom' | 'putMembership' | 'deleteMembership'>,
  connectionId: string,
  now: number,
): Promise<boolean> {
  const connection = await store.getConnection(connectionId);
  if (connection?.user === undefined) return false;
  const user: User = { ...connection.user, tokenExpiresAt: now };
  const expired = await store.setUser(connectionId, { user, sentAt: now });
  if (expired === undefined) return false;
  for (const [roomId, { on }] of expired.rooms) if (on) await reconcileMembership(store, expired, roomId);
  return true;
}
