import { describeRaces, inMemory } from './races-suite.ts';

// `races.slow.test.ts` looks at more orders, and at the real store.
describeRaces(24, inMemory);
