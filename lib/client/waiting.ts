import { TradeRoomError } from './error.ts';
import type { Time } from './time.ts';

/** Those who wait for the same thing. */
export interface Waiting<Value> {
  /** Rejects with `timeout` when it takes longer than this. */
  wait(): Promise<Value>;
  resolve(value: Value): void;
  reject(error: TradeRoomError): void;
}

export function createWaiting<Value>(time: Time, timeoutMs: number, awaited: string): Waiting<Value> {
  let waiting = new Set<{ resolve: (value: Value) => void; reject: (error: TradeRoomError) => void }>();
  const takeAll = () => {
    const all = waiting;
    waiting = new Set();
    return all;
  };
  return {
    wait: () =>
      new Promise((resolve, reject) => {
        const cancel = time.after(timeoutMs, () => {
          waiting.delete(waiter);
          reject(timeout(awaited, timeoutMs));
        });
        const waiter = {
          resolve: (value: Value) => {
            cancel();
            resolve(value);
          },
          reject: (error: TradeRoomError) => {
            cancel();
            reject(error);
          },
        };
        waiting.add(waiter);
      }),
    resolve: (value) => {
      for (const { resolve } of takeAll()) resolve(value);
    },
    reject: (error) => {
      for (const { reject } of takeAll()) reject(error);
    },
  };
}

export function timeout(awaited: string, timeoutMs: number): TradeRoomError {
  return new TradeRoomError('timeout', `waited ${timeoutMs} ms for ${awaited}`);
}
