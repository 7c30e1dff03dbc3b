/** Tasks of which only so many should be under way at a time. */
interface TaskGroup {
  begin<Result>(task: Promise<Result>, onEnd: (result: Result) => void): void;
  /** Resolves when there is room for another; undefined when there is. */
  room(): Promise<void> | undefined;
  /** Resolves when all that have begun have ended. */
  ended(): Promise<void>;
}

/** For one caller that waits for one thing at a time, and tasks that do not reject. */
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

  return {
    begin(task, onEnd) {
      underWay += 1;
      void task.then((result) => {
        onEnd(result);
        underWay -= 1;
        wake();
      });
    },
    // Not always a promise: there is one of these for each member.
    room: () => (underWay < max ? undefined : fewerThan(max)),
    ended: () => fewerThan(1),
  };
}
