import type { PublishedEvent } from '../../lib/publisher/publisher.ts';
import type { Ranking } from './accounts.ts';
import { type Holding, type Position, profitOf } from './accounts.ts';
import { cents } from './prices.ts';

/** The room and the time of an event; `at` is in ISO 8601. */
export interface Moment {
  roomId: string;
  at: string;
}

/** A market order. */
interface Order extends Holding {
  orderId: string;
  side: 'buy' | 'sell';
}

export function orderExecuted({ roomId, at }: Moment, order: Order, price: number): PublishedEvent {
  const data = {
    bullPenId: roomId,
    ...order,
    orderType: 'market',
    price,
    status: 'executed',
    executedAt: at,
  };
  return { type: 'order_executed', roomId, data };
}

export function orderFailed({ roomId, at }: Moment, order: Order, reason: string): PublishedEvent {
  const data = { bullPenId: roomId, ...order, orderType: 'market', reason, status: 'failed', failedAt: at };
  return { type: 'order_failed', roomId, data };
}

export function positionUpdate({ roomId, at }: Moment, position: Position, price: number): PublishedEvent {
  const profit = profitOf(position, price);
  const data = {
    bullPenId: roomId,
    ...position,
    currentPrice: price,
    totalCost: cents(position.quantity * position.averagePrice),
    currentValue: cents(position.quantity * price),
    unrealizedPnL: profit.amount,
    unrealizedPnLPercent: profit.percent,
    updatedAt: at,
  };
  return { type: 'position_update', roomId, data };
}

export function positionClosed({ roomId, at }: Moment, position: Position, price: number): PublishedEvent {
  const profit = profitOf(position, price);
  const data = {
    bullPenId: roomId,
    ...position,
    exitPrice: price,
    realizedPnL: profit.amount,
    realizedPnLPercent: profit.percent,
    closedAt: at,
  };
  return { type: 'position_closed', roomId, data };
}

export function leaderboardUpdate(
  { roomId, at }: Moment,
  rankings: Ranking[],
  snapshotNumber: number,
): PublishedEvent {
  const snapshotId = `snapshot-${snapshotNumber}`;
  const totalParticipants = rankings.length;
  const data = { bullPenId: roomId, snapshotId, timestamp: at, rankings, totalParticipants, snapshotNumber };
  return { type: 'leaderboard_update', roomId, data };
}

export function roomStateChanged({ roomId, at }: Moment, round: number, memberCount: number): PublishedEvent {
  const data = { bullPenId: roomId, state: 'active', status: `round ${round}`, memberCount, changedAt: at };
  return { type: 'room_state_changed', roomId, data };
}
