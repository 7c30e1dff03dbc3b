import type { Time } from '../time.ts';

/** A line that a function wrote, as it wrote it. */
export interface FunctionLogLine {
  /** Epoch milliseconds. */
  time: number;
  functionName: string;
  requestId: string;
  text: string;
}

export interface FunctionLogQuery {
  /** All of them stand in the line. */
  contains: readonly string[];
  /** Epoch milliseconds, both inclusive. */
  from: number;
  to: number;
}

/** The lines that functions wrote last. In AWS they are in CloudWatch Logs. */
export interface FunctionLog {
  add(line: Omit<FunctionLogLine, 'time'>): void;
  /** In the order of time; the first 1,000, and whether there are more. */
  find(query: FunctionLogQuery): { lines: FunctionLogLine[]; more: boolean };
}

const KEPT = 20_000;
const MOST_FOUND = 1_000;

export function createFunctionLog(time: Time): FunctionLog {
  const kept: FunctionLogLine[] = [];
  return {
    add(line) {
      kept.push({ time: time.now(), ...line });
      if (kept.length > KEPT) kept.shift();
    },
    find({ contains, from, to }) {
      const found = kept.filter(
        ({ time: at, text }) => from <= at && at <= to && contains.every((part) => text.includes(part)),
      );
      return { lines: found.slice(0, MOST_FOUND), more: found.length > MOST_FOUND };
    },
  };
}
