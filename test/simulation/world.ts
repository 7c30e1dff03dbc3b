import { setImmediate } from 'node:timers/promises';
import { type ManualTime, manualTime } from '../support/manual-time.ts';
import { seeded } from '../support/seeded.ts';
import { START } from '../support/virtual-time.ts';
import { type Faults, NO_FAULTS } from './faults.ts';

/** What all parts of a simulation share: one clock, and one seed from which every choice comes. */
export interface World {
  readonly seed: number;
  time: ManualTime;
  random(): number;
  chance(probability: number): boolean;
  between(from: number, to: number): number;
  pick<Item>(items: readonly Item[]): Item;
  delay(milliseconds: number): Promise<void>;
  /** How often what goes wrong. After `heal` nothing does. */
  faults: Faults;
  heal(): void;
  /** Waits for real work, such as that of a database, before the clock goes on. */
  real<Result>(work: Promise<Result>): Promise<Result>;
  /** Until this time DynamoDB refuses every call. */
  outageUntil: number;
  /** Whether a function crashed, so that what it sent may be sent again. */
  hasCrashed: boolean;
  /** Whether a post was repeated, so that the first copy may arrive after later frames. */
  hasRepeated: boolean;
  /** What went against a promise, one sentence each. */
  violations: string[];
  /** What happened, for a person who debugs a seed. */
  trace: string[];
  note(text: string): void;
  violated(text: string): void;
}

export function createWorld(seed: number, faults: Faults): World {
  const random = seeded(seed);
  let underWay = 0;
  const time = manualTime(START, async () => {
    do await setImmediate();
    while (underWay > 0);
  });
  const world: World = {
    seed,
    time,
    random,
    chance: (probability) => random() < probability,
    between: (from, to) => from + Math.floor(random() * (to - from + 1)),
    pick(items) {
      const item = items[Math.floor(random() * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    delay: (milliseconds) => new Promise((resolve) => void time.after(milliseconds, resolve)),
    faults,
    heal() {
      world.faults = NO_FAULTS;
      world.outageUntil = 0;
    },
    async real(work) {
      underWay += 1;
      try {
        return await work;
      } finally {
        underWay -= 1;
      }
    },
    outageUntil: 0,
    hasCrashed: false,
    hasRepeated: false,
    violations: [],
    trace: [],
    note: (text) => void world.trace.push(`${time.now() - START} ${text}`),
    violated(text) {
      world.violations.push(text);
      world.note(`VIOLATION ${text}`);
    },
  };
  return world;
}
