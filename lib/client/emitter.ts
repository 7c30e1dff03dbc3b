import type { Off } from './api.ts';
import { copyOf } from './copy-of.ts';

/** What a listener threw, or what the promise that it returned was rejected with. */
export type OnFailure = (cause: unknown, type: string) => void;

export interface Emitter<Events extends Record<string, unknown[]>> {
  on<Type extends keyof Events & string>(type: Type, listener: (...told: Events[Type]) => void): Off;
  emit<Type extends keyof Events & string>(type: Type, ...told: Events[Type]): void;
  clear(): void;
  isEmpty(type?: keyof Events & string): boolean;
}

export function createEmitter<Events extends Record<string, unknown[]>>(
  onFailure: OnFailure,
): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(told: unknown[]) => void>>();
  return {
    on<Type extends keyof Events & string>(type: Type, listener: (...told: Events[Type]) => void) {
      // One of its own for every call: a function that was given twice is called twice, and ended one by one.
      const own = (told: unknown[]) => tell(listener, told as Events[Type], type, onFailure);
      const ofType = listeners.get(type) ?? new Set();
      listeners.set(type, ofType.add(own));
      return () => void ofType.delete(own);
    },
    emit(type, ...told) {
      const ofType = listeners.get(type) ?? new Set();
      for (const listener of [...ofType]) if (ofType.has(listener)) listener(told);
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
export function tell<Told extends unknown[]>(
  listener: (...told: Told) => unknown,
  told: Told,
  type: string,
  onFailure: OnFailure,
): void {
  const fail = (cause: unknown) => onFailure(cause, type);
  try {
    const returned = listener(...copyOf(told)) as { then?: unknown } | undefined;
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
