import type { Survivor } from './judge.ts';

/** Every mutant that `npm run mutants` may leave alive. */
export const survivors: readonly Survivor[] = [];
