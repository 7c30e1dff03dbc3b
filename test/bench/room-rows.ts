import { forEachConcurrently } from '../../lib/core/concurrently.ts';
import type { Store } from '../../lib/core/ports.ts';

const AT_ONCE = 50;
const VALID_MS = 2 * 60 * 60 * 1000;
const VERSION = 1;

/** Ids such as API Gateway gives. */
export function connectionIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `L0SM9cOFvHc${1_000_000 + index}=`);
}

/** Makes connections members of a room. A broadcast to members that can be reached reads no other row than these. */
export async function putMembers(
  store: Pick<Store, 'putMembership'>,
  roomId: string,
  ids: Iterable<string>,
  { batch = false }: { batch?: boolean } = {},
): Promise<void> {
  const tokenExpiresAt = Date.now() + VALID_MS;
  const ttl = Math.ceil(tokenExpiresAt / 1000);
  const member = { roomId, version: VERSION, on: true, userId: 'bench', tokenExpiresAt, batch, ttl };
  await forEachConcurrently(ids, AT_ONCE, async (connectionId) => {
    await store.putMembership({ ...member, connectionId });
  });
}

/** The connections' own rows, with the one room in each: what is removed with a connection that is gone. */
export async function putConnections(
  store: Pick<Store, 'createConnection' | 'setRoom'>,
  roomId: string,
  ids: Iterable<string>,
): Promise<void> {
  const sentAt = Date.now();
  const ttl = Math.ceil((sentAt + VALID_MS) / 1000);
  await forEachConcurrently(ids, AT_ONCE, async (connectionId) => {
    await store.createConnection({ connectionId, connectedAt: sentAt, ttl });
    await store.setRoom(connectionId, roomId, { on: true, sentAt, request: { echo: { roomId } } });
  });
}
