import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react';
import type { EventMeta, RoomState, TradeRoomClient } from '../client/api.ts';
import type { RoomEventData, RoomEventType } from '../protocol/room-events.ts';

export type RoomListeners = {
  [Type in RoomEventType]?: (data: RoomEventData<Type>, meta: EventMeta) => void;
};

/**
 * Subscribes a component to a room while it is mounted, and returns the state of the room. Use one `client` for the whole
 * page. Listeners need not be memoised: the hook calls those of the last rendering.
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
  // A string, so that a rendering with listeners for the same events does not subscribe again.
  const types = Object.keys(listeners).sort().join();
  useEffect(() => {
    const unsubscribes = types
      .split(',')
      .filter(Boolean)
      .map((type) =>
        // The result is returned, because the room handles the promise of an async listener.
        room.on(type as RoomEventType, (data, meta) =>
          latest.current[type as RoomEventType]?.(data as never, meta),
        ),
      );
    return () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
    };
  }, [room, types]);
  const onState = useCallback((changed: () => void) => room.on('state', changed), [room]);
  return useSyncExternalStore(
    onState,
    () => room.state,
    () => 'unsubscribed',
  );
}
