import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react';
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
  // A text: the same for every rendering with listeners of the same events.
  const types = Object.keys(listeners).sort().join();
  useEffect(() => {
    const offs = types
      .split(',')
      .filter(Boolean)
      .map((type) =>
        // What an async listener returns is passed on: the room looks after its promise.
        room.on(type as RoomEventType, (data, meta) =>
          latest.current[type as RoomEventType]?.(data as never, meta),
        ),
      );
    return () => {
      for (const off of offs) off();
    };
  }, [room, types]);
  const onState = useCallback((changed: () => void) => room.on('state', changed), [room]);
  return useSyncExternalStore(
    onState,
    () => room.state,
    () => 'unsubscribed',
  );
}
