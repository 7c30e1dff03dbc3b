import type { PublishedEvent } from './aws.ts';
import type { World } from './world.ts';

const POSITIONS = [1, 2, 3];

/** How many events there are. */
const EVENTS = { bursts: { from: 5, to: 30 }, 'long bursts': { from: 40, to: 60 } } as const;
export type Load = keyof typeof EVENTS;

/** What services publish, and when. `publishedAt`, if given, is how many milliseconds before the put it was published. */
export function eventsOf(
  world: World,
  roomIds: readonly string[],
  load: Load,
): { event: PublishedEvent; after: number }[] {
  const { from, to } = EVENTS[load];
  const count = world.between(from, to);
  return Array.from({ length: count }, (_, index) => ({
    event: { ...anyEvent(world), roomId: world.pick(roomIds), id: `e${index + 1}`, ...anyTime(world) },
    // Mostly in bursts.
    after: world.chance(0.8) ? world.between(0, 60) : world.between(500, 20_000),
  }));
}

function anyEvent(world: World): { type: string; data: object } {
  const positionId = world.pick(POSITIONS);
  if (world.chance(0.3)) return { type: 'order_executed', data: { orderId: world.between(1, 1_000) } };
  if (world.chance(0.1)) return { type: 'position_closed', data: { positionId } };
  if (world.chance(0.2)) return { type: 'leaderboard_update', data: { rankings: [] } };
  if (world.chance(0.1)) return { type: 'room_state_changed', data: { state: 'active' } };
  return { type: 'position_update', data: { positionId, currentPrice: world.between(1, 1_000) } };
}

function anyTime(world: World): { publishedAt?: number } {
  return world.chance(0.3) ? {} : { publishedAt: world.chance(0.7) ? 0 : world.between(-3_000, 3_000) };
}
