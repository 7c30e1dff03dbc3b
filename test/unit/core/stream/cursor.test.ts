import { expect, it } from 'vitest';
import { readOrCreateCursor } from '../../../../lib/core/stream/cursor.ts';
import { EPOCH_LENGTH } from '../../../../lib/protocol/event-frame.ts';
import { memoryStore } from '../../../support/memory-store.ts';
import { START } from '../../../support/virtual-time.ts';
import { streamRoom } from './stream-room.ts';

const epochOf = async (chance: number, clock = () => START) =>
  (await readOrCreateCursor({ store: memoryStore({ clock }), clock, random: () => chance }, 'r')).epoch;

it.each([0, 0.5, 1 - 2 ** -53])(
  'the name of a new epoch is not too long with the random number %d',
  async (chance) => {
    const epoch = await epochOf(chance);
    expect(epoch.length).toBeLessThanOrEqual(EPOCH_LENGTH);
    expect(epoch).toMatch(/^[0-9a-z]+$/);
  },
);

it('the names of two epochs differ by their time, or by chance', async () => {
  const epochs = [await epochOf(0.1), await epochOf(0.2), await epochOf(0.1, () => START + 1)];
  expect(new Set(epochs).size).toBe(3);
});

it('a cursor that is missing is created, and stays the same', async () => {
  const { deps } = streamRoom();
  const made = await readOrCreateCursor(deps, 'r');
  expect(made).toMatchObject({ seq: 0, lastFrameSeq: 0, deliveredSeq: 0, lastSequenceNumber: '' });
  expect(await readOrCreateCursor({ ...deps, random: () => 0.9 }, 'r')).toEqual(made);
  expect(await deps.store.readCursor('r')).toEqual(made);
});

it('a cursor that another function creates in the same moment is used', async () => {
  const { deps } = streamRoom();
  const createCursor = async () => {
    await readOrCreateCursor({ ...deps, random: () => 0.9 }, 'r');
    return false;
  };
  const cursor = await readOrCreateCursor({ ...deps, store: { ...deps.store, createCursor } }, 'r');
  expect(cursor).toEqual(await deps.store.readCursor('r'));
});

it('a cursor that can be neither read nor created is an error, not a position', async () => {
  const { deps } = streamRoom();
  const store = { ...deps.store, createCursor: async () => false };
  await expect(readOrCreateCursor({ ...deps, store }, 'r')).rejects.toMatchObject({
    message: expect.stringContaining('expected a cursor'),
  });
});
