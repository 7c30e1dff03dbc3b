import { conflation, stateKey } from '../protocol/state-keys.ts';
import type { EventFrame } from './frames.ts';

/** The retained value of every state of a room, for listeners that come later. */
export interface RetainedValues {
  keep(event: EventFrame): void;
  ofType(type: string): EventFrame[];
  clear(): void;
}

export function createRetainedValues(): RetainedValues {
  const values = new Map<string, EventFrame>();
  return {
    keep(event) {
      const key = stateKey(event.type, event.data);
      if (key === undefined) return;
      if (conflation[event.type].send === 'ends') values.delete(key);
      else values.set(key, event);
    },
    ofType: (type) => [...values.values()].filter((event) => event.type === type),
    clear: () => values.clear(),
  };
}
