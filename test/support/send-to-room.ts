import { type BroadcastDeps, broadcast } from '../../lib/core/broadcast/broadcast.ts';
import { WHOLE_ROOM } from '../../lib/core/broadcast/room-slice.ts';
import type { BroadcastResult } from '../../lib/core/broadcast-result.ts';

/** A broadcast of these frames, from the first page of members on. */
export async function sendToRoom(
  deps: BroadcastDeps,
  roomId: string,
  ...frames: readonly string[]
): Promise<BroadcastResult> {
  const first = await deps.store.readMembers(roomId, WHOLE_ROOM);
  return broadcast(deps, { roomId, frames, firstPage: first });
}
