import type { ShimConnection } from './shim.ts';

export interface RoomCount {
  roomId: string;
  members: number;
}

/** The rooms of these connections by name, with the number of members that are fed. */
export function roomsOf(connections: readonly ShimConnection[]): RoomCount[] {
  const members = new Map<string, number>();
  for (const { rooms } of connections) {
    for (const [roomId, state] of Object.entries(rooms)) {
      members.set(roomId, (members.get(roomId) ?? 0) + (state === 'live' ? 1 : 0));
    }
  }
  return [...members]
    .map(([roomId, count]) => ({ roomId, members: count }))
    .sort((one, other) => one.roomId.localeCompare(other.roomId));
}
