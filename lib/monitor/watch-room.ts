import type { Room, TradeRoomClient } from '../client/client.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import { sampleEvents } from '../protocol/sample-events.ts';
import type { RoomNews } from './room-view.ts';

/** What is told of a watched room. */
interface RoomWatcher {
  onNews(news: RoomNews, isReplayed: boolean): void;
  /** What is shown of the room is not true any more. */
  onReset(): void;
  /** How the room stands, in words. */
  onState(state: string): void;
}

/** Watches a room until the function that it returns is called. */
export function watchRoom(client: TradeRoomClient, roomId: string, watcher: RoomWatcher): () => void {
  const room: Room = client.room(roomId);
  const types = Object.keys(sampleEvents) as RoomEventType[];
  const offs = types.map((type) =>
    room.on(type, (data, meta) => {
      const key = `${meta.epoch} ${meta.seq}`;
      watcher.onNews({ type, data, publishedAt: meta.publishedAt, key }, meta.replayed);
    }),
  );
  offs.push(
    room.on('subscribed', ({ complete }) => {
      if (!complete) watcher.onReset();
    }),
    room.on('state', (state) => watcher.onState(`room ${roomId}: ${state}`)),
    room.on('error', ({ code, message }) => watcher.onState(`room ${roomId}: ${code}, ${message}`)),
  );
  watcher.onState(`room ${roomId}: ${room.state}`);
  return () => {
    for (const off of offs) off();
  };
}
