import type { RoomEventData, RoomEventType } from './room-events.ts';

type Samples = { [Type in RoomEventType]: (roomId: string, now: string) => RoomEventData<Type> };

const order = { userId: 'alice', symbol: 'AAPL', quantity: 10, side: 'buy', orderType: 'market' };
const position = {
  positionId: 'position-1',
  userId: 'alice',
  symbol: 'AAPL',
  quantity: 10,
  averagePrice: 187.2,
};

/** A sample event of each type, in the form in which the services publish it. */
export const sampleEvents: Samples = {
  order_executed: (bullPenId, now) => ({
    orderId: 'order-1',
    bullPenId,
    ...order,
    price: 187.2,
    executedAt: now,
    status: 'executed',
  }),
  order_failed: (bullPenId, now) => ({
    orderId: 'order-2',
    bullPenId,
    ...order,
    reason: 'insufficient funds',
    status: 'failed',
    failedAt: now,
  }),
  leaderboard_update: (bullPenId, now) => ({
    bullPenId,
    snapshotId: 'snapshot-1',
    timestamp: now,
    rankings: [
      { rank: 1, userId: 'alice', portfolioValue: 10_420.5 },
      { rank: 2, userId: 'bob', portfolioValue: 9_876.1 },
    ],
    totalParticipants: 2,
    snapshotNumber: 1,
  }),
  position_update: (bullPenId, now) => ({
    bullPenId,
    ...position,
    currentPrice: 189.4,
    totalCost: 1_872,
    currentValue: 1_894,
    unrealizedPnL: 22,
    unrealizedPnLPercent: 1.18,
    updatedAt: now,
  }),
  position_closed: (bullPenId, now) => ({
    bullPenId,
    ...position,
    exitPrice: 189.4,
    realizedPnL: 22,
    realizedPnLPercent: 1.18,
    closedAt: now,
  }),
  room_state_changed: (bullPenId, now) => ({
    bullPenId,
    state: 'active',
    status: 'active',
    startTime: now,
    endTime: null,
    duration: 3_600,
    memberCount: 2,
    changedAt: now,
  }),
};
