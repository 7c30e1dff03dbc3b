/** Name of the bus, the table and the API of a stage; functions and queues are named `<this>-<name>`. */
export function nameOfStage<Stage extends string>(stage: Stage): `trade-room-${Stage}` {
  return `trade-room-${stage}`;
}
