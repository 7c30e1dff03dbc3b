import * as v from 'valibot';
import { expect, it } from 'vitest';
import { samples } from '../../../lib/monitor/samples.ts';
import { roomEventData, roomEventTypes } from '../../../lib/protocol/room-events.ts';

const counted = () => {
  let count = 0;
  return samples(() => String(++count));
};

it.each(roomEventTypes)('the sample events of the monitor have a %s that the bus accepts', (type) => {
  const data = counted()(type, '42', 'now');
  expect(v.is(roomEventData[type], data)).toBe(true);
});

it('the sample events of the monitor have another id for every order', () => {
  const next = counted();
  const orders = [next('order_executed', '42', 'now'), next('order_executed', '42', 'now')];
  expect(orders.map((order) => order['orderId'])).toEqual(['order-1', 'order-2']);
});

it('the sample events of the monitor update one position until it is closed, and then another one', () => {
  const next = counted();
  const types = ['position_update', 'position_update', 'position_closed', 'position_update'] as const;
  expect(types.map((type) => next(type, '42', 'now')['positionId'])).toEqual([
    'position-1',
    'position-1',
    'position-1',
    'position-2',
  ]);
});
