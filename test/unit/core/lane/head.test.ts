import { describe, expect, it } from 'vitest';
import { headOf, newHead } from '../../../../lib/core/stream/cursor.ts';
import { EPOCH_LENGTH } from '../../../../lib/protocol/event-frame.ts';
import { START } from '../../../support/virtual-time.ts';
import { laneRoom } from './lane-room.ts';

describe('a new epoch', () => {
  it.each([0, 0.5, 1 - 2 ** -53])('is no longer than it may be, whatever chance says: %d', (chance) => {
    const { epoch } = newHead({ clock: () => START, random: () => chance });
    expect(epoch.length).toBeLessThanOrEqual(EPOCH_LENGTH);
    expect(epoch).toMatch(/^[0-9a-z]+$/);
  });

  it('differs from one of another moment, and from one of the same moment by chance', () => {
    const epochs = [
      newHead({ clock: () => START, random: () => 0.1 }),
      newHead({ clock: () => START, random: () => 0.2 }),
      newHead({ clock: () => START + 1, random: () => 0.1 }),
    ].map(({ epoch }) => epoch);
    expect(new Set(epochs).size).toBe(3);
  });
});

describe('the head of a room', () => {
  it('that has none is made, and is the same from then on', async () => {
    const { deps } = laneRoom();
    const made = await headOf(deps, 'r');
    expect(made).toMatchObject({ seq: 0, sent: 0, flushed: 0, lastSequenceNumber: '' });
    expect(await headOf({ ...deps, random: () => 0.9 }, 'r')).toEqual(made);
    expect(await deps.store.readHead('r')).toEqual(made);
  });

  it('that another makes in the same moment is that one', async () => {
    const { deps } = laneRoom();
    const others = newHead({ clock: deps.clock, random: () => 0.9 });
    const createHead = async () => {
      await deps.store.createHead('r', others);
      return false;
    };
    expect(await headOf({ ...deps, store: { ...deps.store, createHead } }, 'r')).toEqual(others);
  });

  it('that is neither there nor absent is an error, not a position', async () => {
    const { deps } = laneRoom();
    const store = { ...deps.store, createHead: async () => false };
    await expect(headOf({ ...deps, store }, 'r')).rejects.toThrow('neither there nor absent');
  });
});
