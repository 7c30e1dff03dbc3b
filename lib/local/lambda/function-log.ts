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
  /**
   * What a line must have, as a JSON object: each of these fields is one of the values, or an array that holds one. None:
   * every line, also one that is not JSON.
   */
  where: Readonly<Record<string, readonly string[]>>;
  /** Epoch milliseconds, both inclusive. */
  from: number;
  to: number;
}

/** The lines that functions wrote last. In AWS they are in CloudWatch Logs. */
export interface FunctionLog {
  add(line: Omit<FunctionLogLine, 'time'>): void;
  /** In the order of time; the first 10,000, and whether there are more. */
  find(query: FunctionLogQuery): { lines: FunctionLogLine[]; more: boolean };
}

const KEPT = 20_000;
/** As many as one query of CloudWatch Logs Insights finds. */
const MOST_FOUND = 10_000;

export function createFunctionLog(time: Time): FunctionLog {
  const kept: FunctionLogLine[] = [];
  return {
    add(line) {
      kept.push({ time: time.now(), ...line });
      if (kept.length > KEPT) kept.shift();
    },
    find({ where, from, to }) {
      const conditions = Object.entries(where);
      const found = kept.filter(({ time: at, text }) => from <= at && at <= to && meets(text, conditions));
      return { lines: found.slice(0, MOST_FOUND), more: found.length > MOST_FOUND };
    },
  };
}

function meets(text: string, conditions: readonly (readonly [string, readonly string[]])[]): boolean {
  // Most lines are ruled out without being parsed.
  const mayMeet = conditions.every(([field]) => text.includes(JSON.stringify(field)));
  if (!mayMeet || conditions.length === 0) return mayMeet;
  const line = parsed(text);
  return conditions.every(([field, values]) => {
    const value = Object.hasOwn(line, field) ? line[field] : undefined;
    return [value].flat().some((one) => values.includes(String(one)));
  });
}

function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
