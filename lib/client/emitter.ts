import type { Off } from './api.ts';

export interface Emitter<Events extends Record<string, unknown[]>> {
  on<Type extends keyof Events>(type: Type, listener: (...told: Events[Type]) => void): Off;
  emit<Type extends keyof Events>(type: Type, ...told: Events[Type]): void;
  clear(): void;
  isEmpty(): boolean;
}

export function createEmitter<Events extends Record<string, unknown[]>>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(told: unknown[]) => void>>();
  return {
    on<Type extends keyof Events>(type: Type, listener: (...told: Events[Type]) => void) {
      // One of its own for every call: a function that was given twice is called twice, and ended one by one.
      const own = (told: unknown[]) => tell(listener, told as Events[Type]);
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
    isEmpty: () => [...listeners.values()].every(({ size }) => size === 0),
  };
}

/** Calls a listener. One that throws harms neither the others nor the client; its error is reported as uncaught. */
export function tell<Told extends unknown[]>(listener: (...told: Told) => void, told: Told): void {
  try {
    listener(...told);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
