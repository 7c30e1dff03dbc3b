import type { Time } from '../options/time.ts';
import { copyOf } from './emitter.ts';
import { TradeRoomError } from './error.ts';

/** Those who wait for the same thing, each for a promise and a copy of its own. */
interface Deferred<Value> {
  /** Rejects with `timeout` when it takes longer than this. */
  wait(): Promise<Value>;
  resolve(value: Value): void;
  reject(error: TradeRoomError): void;
}

export function createDeferred<Value>(time: Time, timeoutMs: number, awaited: string): Deferred<Value> {
  let waiting = new Set<{ resolve: (value: Value) => void; reject: (error: TradeRoomError) => void }>();
  const takeAll = () => {
    const all = waiting;
    waiting = new Set();
    return all;
  };
  return {
    wait: () =>
      unattended(
        new Promise((resolve, reject) => {
          const cancel = time.after(timeoutMs, () => {
            waiting.delete(waiter);
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
          waiting.add(waiter);
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

/** A promise that nobody has to keep: Node ends a process for a rejection that is not handled. Whoever awaits it is told. */
export function unattended<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

export function timeout(awaited: string, timeoutMs: number): TradeRoomError {
  return new TradeRoomError('timeout', `waited ${timeoutMs} ms for ${awaited}`);
}
