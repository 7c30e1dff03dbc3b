import type { Room, TradeRoomClient } from '../client/client.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import { sampleEvents } from '../protocol/sample-events.ts';
import type { RoomNews } from './room-view.ts';

/** The callbacks of a watched room. */
interface RoomWatcher {
  onNews(news: RoomNews, isReplayed: boolean): void;
  /** The shown data of the room is outdated and must be removed. */
  onReset(): void;
  /** The state of the room as a text. */
  onState(state: string): void;
}

/** Watches a room until the returned function is called. */
export function watchRoom(client: TradeRoomClient, roomId: string, watcher: RoomWatcher): () => void {
  const room: Room = client.room(roomId);
  const types = Object.keys(sampleEvents) as RoomEventType[];
  const unsubscribes = types.map((type) =>
    room.on(type, (data, meta) => {
      const key = `${meta.epoch} ${meta.seq}`;
      watcher.onNews({ type, data, publishedAt: meta.publishedAt, key }, meta.replayed);
    }),
  );
  unsubscribes.push(
    room.on('subscribed', ({ complete }) => {
      if (!complete) watcher.onReset();
    }),
    room.on('state', (state) => watcher.onState(`room ${roomId}: ${state}`)),
    room.on('error', ({ code, message }) => watcher.onState(`room ${roomId}: ${code}, ${message}`)),
  );
  watcher.onState(`room ${roomId}: ${room.state}`);
  return () => {
    for (const unsubscribe of unsubscribes) unsubscribe();
  };
}
