import type { RoomEventType } from '../protocol/room-events.ts';
import type { EmulatorConnection } from './emulator.ts';

export interface Ranking {
  rank: string;
  player: string;
  value: number | undefined;
}

export interface PositionRow {
  positionId: string;
  player: string;
  symbol: string;
  quantity: number | undefined;
  averagePrice: number | undefined;
  /** The current price, or the exit price if it is closed. */
  price: number | undefined;
  /** The unrealized profit, or the realized profit if it is closed. */
  profit: number | undefined;
  /** Epoch milliseconds; undefined while it is open. */
  closedAt: number | undefined;
}

export interface OrderRow {
  key: string;
  at: number;
  isExecuted: boolean;
  text: string;
}

/** What the page shows of a room. */
export interface RoomView {
  rankings: readonly Ranking[];
  positions: ReadonlyMap<string, PositionRow>;
  /** Newest first. */
  orders: readonly OrderRow[];
  state: string | undefined;
}

export const EMPTY_ROOM: RoomView = { rankings: [], positions: new Map(), orders: [], state: undefined };

const KEPT_ORDERS = 50;
const KEPT_POSITIONS = 200;
const KEPT_RANKINGS = 100;
const CLOSED_SHOWN_MS = 10_000;

export interface RoomNews {
  type: RoomEventType;
  data: Record<string, unknown>;
  /** Epoch milliseconds. */
  publishedAt: number;
  /** Unique in the room. */
  key: string;
}

/** The room after an event. The services own the fields, so that a field may be missing or have another type. */
export function withNews(view: RoomView, news: RoomNews): RoomView {
  const { type, data } = news;
  switch (type) {
    case 'leaderboard_update':
      return { ...view, rankings: rankingsOf(data['rankings']) };
    case 'position_update':
      return withPosition(view, positionOf(data, data['currentPrice'], data['unrealizedPnL'], undefined));
    case 'position_closed':
      return withPosition(view, positionOf(data, data['exitPrice'], data['realizedPnL'], news.publishedAt));
    case 'order_executed':
    case 'order_failed':
      return { ...view, orders: [orderOf(type, news), ...view.orders].slice(0, KEPT_ORDERS) };
    case 'room_state_changed':
      return { ...view, state: stateOf(data) };
  }
}

/** Removes positions that were closed more than ten seconds ago. */
export function withoutClosed(view: RoomView, now: number): RoomView {
  const stays = ({ closedAt }: PositionRow) => closedAt === undefined || now - closedAt < CLOSED_SHOWN_MS;
  const positions = new Map([...view.positions].filter(([, position]) => stays(position)));
  return positions.size === view.positions.size ? view : { ...view, positions };
}

function withPosition(view: RoomView, position: PositionRow): RoomView {
  const positions = new Map(view.positions).set(position.positionId, position);
  // Limits the page if a service never closes positions.
  const [oldest = ''] = positions.keys();
  if (positions.size > KEPT_POSITIONS) positions.delete(oldest);
  return { ...view, positions };
}

function rankingsOf(rankings: unknown): Ranking[] {
  const list: unknown[] = Array.isArray(rankings) ? rankings : [];
  return list.slice(0, KEPT_RANKINGS).map((ranking, index) => {
    const { rank, userId, username, portfolioValue, totalValue, value } = (ranking ?? {}) as Record<
      string,
      unknown
    >;
    return {
      rank: text(rank) || String(index + 1),
      player: text(username) || text(userId),
      value: amount(portfolioValue ?? totalValue ?? value),
    };
  });
}

function positionOf(
  { positionId, userId, symbol, quantity, averagePrice }: Record<string, unknown>,
  price: unknown,
  profit: unknown,
  closedAt: number | undefined,
): PositionRow {
  return {
    positionId: text(positionId) || `${text(userId)} ${text(symbol)}`,
    player: text(userId),
    symbol: text(symbol),
    quantity: amount(quantity),
    averagePrice: amount(averagePrice),
    price: amount(price),
    profit: amount(profit),
    closedAt,
  };
}

type OrderEventType = Extract<RoomEventType, `order_${string}`>;

/** What became of an order, and the end of its line. */
const orderOutcomes: Record<OrderEventType, { isExecuted: boolean; end(data: RoomNews['data']): string }> = {
  order_executed: { isExecuted: true, end: ({ price }) => (text(price) === '' ? '' : `at ${text(price)}`) },
  order_failed: { isExecuted: false, end: ({ reason }) => `failed: ${text(reason) || 'no reason given'}` },
};

function orderOf(type: OrderEventType, { data, publishedAt, key }: RoomNews): OrderRow {
  const { userId, side, quantity, symbol } = data;
  const { isExecuted, end } = orderOutcomes[type];
  const words = [text(userId), text(side), text(quantity), text(symbol), end(data)];
  return { key, at: publishedAt, isExecuted, text: words.filter((word) => word !== '').join(' ') };
}

function stateOf({ state, status, memberCount }: Record<string, unknown>): string {
  const members = memberCount === undefined || memberCount === null ? '' : `${text(memberCount)} members`;
  // Usually both fields have the same value.
  return [...new Set([text(state), text(status), members])].filter((part) => part !== '').join(', ');
}

export interface RoomCount {
  roomId: string;
  members: number;
}

/** The rooms of these connections, sorted by name, with the number of live members. */
export function roomsOf(connections: readonly EmulatorConnection[]): RoomCount[] {
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

/*
 * Readers of published fields. The services own the fields: one may be missing, null or of another type. Then the page shows
 * nothing for it.
 */

export function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The value of a number or of a decimal string. */
export function amount(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
