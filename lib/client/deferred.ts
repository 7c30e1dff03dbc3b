import type { Time } from '../options/time.ts';
import { TradeRoomError } from './api.ts';
import { copyOf } from './emitter.ts';

/** One awaited result with any number of waiters. Each `wait()` returns a new promise, and its value is a copy. */
interface Deferred<Value> {
  /** Rejects with `timeout` after the timeout of this deferred. */
  wait(): Promise<Value>;
  resolve(value: Value): void;
  reject(error: TradeRoomError): void;
}

/** `awaited` names the result in the error: `waited 10000 ms for <awaited>`. */
export function createDeferred<Value>(time: Time, timeoutMs: number, awaited: string): Deferred<Value> {
  let waiters = new Set<{ resolve: (value: Value) => void; reject: (error: TradeRoomError) => void }>();
  const takeAll = () => {
    const all = waiters;
    waiters = new Set();
    return all;
  };
  return {
    wait: () =>
      unattended(
        new Promise((resolve, reject) => {
          const cancel = time.after(timeoutMs, () => {
            waiters.delete(waiter);
            reject(timeout(awaited, timeoutMs));
          });
          const waiter = {
            resolve: (value: Value) => {
              cancel();
              resolve(copyOf(value));
            },
            reject: (error: TradeRoomError) => {
              cancel();
              reject(error);
            },
          };
          waiters.add(waiter);
        }),
      ),
    resolve: (value) => {
      for (const { resolve } of takeAll()) resolve(value);
    },
    reject: (error) => {
      for (const { reject } of takeAll()) reject(error);
    },
  };
}

/** Marks a promise as handled, because Node ends a process on an unhandled rejection. Code that awaits it still gets the error. */
export function unattended<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

export function timeout(awaited: string, timeoutMs: number): TradeRoomError {
  return new TradeRoomError('timeout', `waited ${timeoutMs} ms for ${awaited}`);
}
