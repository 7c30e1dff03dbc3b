import type { Scheduler } from 'fast-check';

type AsyncFunction = (...parameters: never[]) => Promise<unknown>;

/**
 * Puts a gate before every call to a port: fast-check's scheduler decides whose call goes next, and it goes alone. So
 * concurrent handlers are interleaved at each of their awaits, and a failing order is printed and can be replayed.
 */
export interface Gates {
  /** The port, with a gate before every method. */
  gated<Port extends object>(port: Port): Port;
  /** One gate by itself, for a point that is no call. */
  pass(label: string): Promise<void>;
  /** Opens gates, one at a time, until `work` has settled. */
  drive(work: Promise<unknown>): Promise<void>;
}

export function gatesOf(scheduler: Scheduler): Gates {
  let underWay = 0;

  const pass = async (label: string) => {
    await scheduler.schedule(Promise.resolve(), label);
  };

  async function call<Result>(label: string, run: () => Promise<Result>): Promise<Result> {
    await pass(label);
    underWay += 1;
    try {
      return await run();
    } finally {
      underWay -= 1;
    }
  }

  function gatedMethod(label: string, method: AsyncFunction): AsyncFunction {
    return (...parameters) => call(label, () => method(...parameters));
  }

  /** Every handler has ended or waits at a gate: nothing is under way, and nothing begins when promises settle. */
  async function quiet(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
    } while (underWay > 0);
    await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    pass,
    gated: (port) =>
      Object.fromEntries(
        Object.entries(port).map(([label, method]) => [label, gatedMethod(label, method as AsyncFunction)]),
      ) as typeof port,
    async drive(work) {
      let settled = false;
      const end = () => {
        settled = true;
      };
      work.then(end, end);
      for (await quiet(); !settled; await quiet()) {
        if (scheduler.count() > 0) await scheduler.waitNext(1);
      }
      await work;
    },
  };
}
