import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { EventMeta, RoomState, TradeRoomClient } from '../client/api.ts';
import type { RoomEventData, RoomEventType } from '../protocol/room-events.ts';

export type RoomListeners = {
  [Type in RoomEventType]?: (data: RoomEventData<Type>, meta: EventMeta) => void;
};

/**
 * Feeds a component from a room for as long as it is mounted, and says how the room stands. `client` is one for the
 * whole page. Listeners need not be memoised: the last ones that were rendered are called.
 */
export function useRoom(
  client: TradeRoomClient,
  roomId: string | number,
  listeners: RoomListeners,
): RoomState {
  const room = client.room(roomId);
  const latest = useRef(listeners);
  useEffect(() => {
    latest.current = listeners;
  });
  const types = Object.keys(listeners).sort().join();
  useEffect(() => {
    const offs = types.split(',').map((type) =>
      room.on(type as RoomEventType, (data, meta) => {
        latest.current[type as RoomEventType]?.(data as never, meta);
      }),
    );
    return () => {
      for (const off of offs) off();
    };
  }, [room, types]);
  return useSyncExternalStore(
    (changed) => room.on('state', changed),
    () => room.state,
    () => 'unsubscribed',
  );
}
