import type { Unsubscribe } from './api.ts';

/** What a listener threw, or what the promise that it returned was rejected with. */
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
      // One of its own for every call: a function that was given twice is called twice, and ended one by one.
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
 * The one place where a listener is called. It gets a copy of its own, so what it changes no other sees. One that throws,
 * at once or by the promise of an async function, harms neither the others nor the client nor the process.
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

/** Says an error that nobody listens for: in a page as an uncaught one, in Node, which that would end, on the console. */
export function reportUncaught(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  try {
    // biome-ignore lint/suspicious/noConsole: Here the program that uses the client must see it.
    if (reportError === undefined) console.error(error);
    else reportError(error);
  } catch {
    // It cannot be printed: there is nobody else to tell.
  }
}

/**
 * A copy of data, all the way down; errors stay what they are. Without recursion: data may be nested
 * deeper than the stack. A copy of a leaderboard of 100 rows takes as long as freezing it, a tenth of a millisecond, and
 * a listener may change what it gets.
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
