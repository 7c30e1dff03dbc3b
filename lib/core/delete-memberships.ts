import type { Connection } from './connection.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import type { Store } from './ports.ts';
import { MAX_REMEMBERED_ROOMS } from './refusal.ts';

/** All of them: how long it takes must not depend on how many rooms there are. */
const DELETES_AT_ONCE = MAX_REMEMBERED_ROOMS;

/** Deletes what this connection, or an older version of it, has in these rooms. */
export async function deleteMemberships(
  store: Pick<Store, 'deleteMembership'>,
  { connectionId, version }: Connection,
  roomIds: Iterable<string>,
): Promise<void> {
  await forEachConcurrently(roomIds, DELETES_AT_ONCE, (roomId) =>
    store.deleteMembership(roomId, connectionId, version),
  );
}
