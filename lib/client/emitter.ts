import type { Unsubscribe } from './api.ts';

/** Called with the error that a listener threw, or that its promise was rejected with. */
export type OnFailure = (cause: unknown, type: string) => void;

interface Emitter<Events extends Record<string, unknown[]>> {
  on<Type extends keyof Events & string>(type: Type, listener: (...args: Events[Type]) => void): Unsubscribe;
  emit<Type extends keyof Events & string>(type: Type, ...args: Events[Type]): void;
  clear(): void;
  isEmpty(type?: keyof Events & string): boolean;
}

export function createEmitter<Events extends Record<string, unknown[]>>(
  onFailure: OnFailure,
): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(args: unknown[]) => void>>();
  return {
    on<Type extends keyof Events & string>(type: Type, listener: (...args: Events[Type]) => void) {
      // Wrapped, so that the same function can be registered twice and removed independently.
      const own = (args: unknown[]) => notify(listener, args as Events[Type], type, onFailure);
      const ofType = listeners.get(type) ?? new Set();
      listeners.set(type, ofType.add(own));
      return () => void ofType.delete(own);
    },
    emit(type, ...args) {
      const ofType = listeners.get(type) ?? new Set();
      for (const listener of [...ofType]) if (ofType.has(listener)) listener(args);
    },
    clear() {
      for (const ofType of listeners.values()) ofType.clear();
    },
    isEmpty: (type) =>
      type === undefined
        ? [...listeners.values()].every(({ size }) => size === 0)
        : !listeners.get(type)?.size,
  };
}

/**
 * Calls a listener; no other code does. The listener gets a copy, so that a listener that changes its data does not affect
 * the others. An error, thrown or by a rejected promise, goes to `onFailure` and nowhere else.
 */
export function notify<Args extends unknown[]>(
  listener: (...args: Args) => unknown,
  args: Args,
  type: string,
  onFailure: OnFailure,
): void {
  const fail = (cause: unknown) => onFailure(cause, type);
  try {
    const returned = listener(...copyOf(args)) as { then?: unknown } | undefined;
    if (typeof returned?.then === 'function') Promise.resolve(returned).catch(fail);
  } catch (cause) {
    fail(cause);
  }
}

/** Reports an error that has no listener: in a page as an uncaught error, in Node on the console, where an uncaught error would end the process. */
export function reportUncaught(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  try {
    // biome-ignore lint/suspicious/noConsole: Here the program that uses the client must see it.
    if (reportError === undefined) console.error(error);
    else reportError(error);
  } catch {
    // The error cannot be printed, and there is no other place to report it.
  }
}

/**
 * A deep copy of data; errors are not copied. It does not recurse, because data may be nested deeper than the stack. It costs
 * as much as freezing the data, 0.1 ms for a leaderboard of 100 rows, and a listener may change what it gets.
 */
export function copyOf<Value>(value: Value): Value {
  const root: Record<string, unknown> = { value };
  const holders = [root];
  for (const holder of holders) {
    for (const key in holder) {
      const held = holder[key];
      if (typeof held !== 'object' || held === null || held instanceof Error) continue;
      const copy = Array.isArray(held) ? held.slice() : { ...held };
      holder[key] = copy;
      holders.push(copy as typeof holder);
    }
  }
  return root['value'] as Value;
}
