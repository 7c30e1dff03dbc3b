import { type BroadcastDeps, broadcast } from '../../lib/core/broadcast/broadcast.ts';
import { WHOLE_ROOM } from '../../lib/core/broadcast/room-slice.ts';
import type { EventBridgeEvent } from '../../lib/lambda/on-room-event.ts';
import { parseRoomEvent } from '../../lib/protocol/parse-room-event.ts';

/** A broadcast as it was before rooms had streams: the members are read and posted the event, at once. */
export async function directBroadcast(deps: BroadcastDeps, event: EventBridgeEvent): Promise<void> {
  const origin = { detailType: event['detail-type'], id: event.id, time: deps.clock() };
  const parsed = parseRoomEvent(event.detail, origin);
  if (!parsed.ok) throw new Error(parsed.message);
  const { type, roomId, id, publishedAt, data } = parsed.value;
  const first = await deps.store.readMembers(roomId, WHOLE_ROOM);
  await broadcast(deps, {
    roomId,
    frames: [JSON.stringify({ type, data, roomId, id, publishedAt })],
    firstPage: first,
  });
}
