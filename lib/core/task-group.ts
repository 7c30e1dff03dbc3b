/** Tasks of which only so many are under way at a time. */
export interface TaskGroup {
  /** Begins a task, which must not reject, as soon as there is room for it. */
  begin(task: () => Promise<void>): Promise<void>;
  /** Resolves when all that have begun have ended. */
  ended(): Promise<void>;
}

/** For one caller that waits for each call before the next. */
export function taskGroup(max: number): TaskGroup {
  let underWay = 0;
  let wake: () => void = () => undefined;

  async function fewerThan(count: number): Promise<void> {
    while (underWay >= count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  async function run(task: () => Promise<void>): Promise<void> {
    underWay += 1;
    await task();
    underWay -= 1;
    wake();
  }

  return {
    async begin(task) {
      await fewerThan(max);
      void run(task);
    },
    ended: () => fewerThan(1),
  };
}
