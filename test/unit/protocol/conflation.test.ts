import { expect, it } from 'vitest';
import { conflation, stateKey } from '../../../lib/protocol/conflation.ts';
import { roomEventTypes } from '../../../lib/protocol/room-events.ts';

const positionTypes = ['position_update', 'position_closed'] as const;

it('the policy of events never leaves out an order or the end of a position', () => {
  const always = roomEventTypes.filter((type) => conflation[type].send !== 'newest');
  expect(always.sort()).toEqual(['order_executed', 'order_failed', 'position_closed']);
});

it.each(['order_executed', 'order_failed'] as const)('the state of an event is none if it is %s', (type) => {
  expect(stateKey(type, { positionId: 7, orderId: 7 })).toBeUndefined();
});

it.each(['leaderboard_update', 'room_state_changed'] as const)(
  'the state of an event is one for the room if it is %s, whatever is in it',
  (type) => {
    expect(stateKey(type, { positionId: 7 })).toBe(stateKey(type, {}));
    expect(stateKey(type, {})).toBeDefined();
  },
);

it('the state of an event is another for each of those, and for each position', () => {
  const keys = [
    stateKey('leaderboard_update', {}),
    stateKey('room_state_changed', {}),
    ...['1', '2', '', 'leaderboard_update', 'room_state_changed'].map((positionId) =>
      stateKey('position_update', { positionId }),
    ),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

it('the state of an event is the same for the update and the end of a position, whose id may be a number or its decimal string', () => {
  const keys = positionTypes.flatMap((type) => [7, '7'].map((positionId) => stateKey(type, { positionId })));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toBeDefined();
});

it.each(positionTypes)('the state of an event is none if %s does not say which position it is', (type) => {
  expect([stateKey(type, {}), stateKey(type, { positionId: null })]).toEqual([undefined, undefined]);
});

it.each(positionTypes)(
  'the state of an event is none if the id of %s is a number that JSON does not keep',
  (type) => {
    const ids = [JSON.parse('9007199254740993'), JSON.parse('1e400'), 0.1];
    expect(ids.map((positionId) => stateKey(type, { positionId }))).toEqual(ids.map(() => undefined));
  },
);

it('the state of an event may have 0 for an id', () => {
  expect(stateKey('position_update', { positionId: 0 })).toBeDefined();
});
