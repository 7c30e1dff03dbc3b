import { PARTITION_KEY, SORT_KEY, TIME_TO_LIVE } from '../store/keys.ts';

/** The one table. Both keys are strings; the time to live is a number of epoch seconds. */
export const table = {
  partitionKey: PARTITION_KEY,
  sortKey: SORT_KEY,
  timeToLiveAttribute: TIME_TO_LIVE,
} as const;

/** Name of the bus, the table and the API of a stage; functions and queues are named `<this>-<name>`. */
export function nameOfStage<Stage extends string>(stage: Stage): `trade-room-${Stage}` {
  return `trade-room-${stage}`;
}
