import type { Invocation } from '../faults.ts';
import type { InvocationResult } from '../invoke.ts';
import type { Time } from '../time.ts';

/** A line that a function wrote, as it wrote it. */
interface FunctionLogLine {
  /** Epoch milliseconds. */
  time: number;
  functionName: string;
  requestId: string;
  text: string;
}

interface FunctionLogQuery {
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

const KEPT_LINES = 20_000;
/** As many as one query of CloudWatch Logs Insights finds. */
const MOST_FOUND = 10_000;

export function createFunctionLog(time: Time): FunctionLog {
  const kept: FunctionLogLine[] = [];
  return {
    add(line) {
      kept.push({ time: time.now(), ...line });
      if (kept.length > KEPT_LINES) kept.shift();
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

/** What is remembered of an invocation: nothing of its event or its answer, which may hold secrets. */
interface LoggedInvocation {
  /** 1, 2, 3… in the order in which they ended. */
  number: number;
  functionName: string;
  requestId: string;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  ok: boolean;
  errorType?: string;
  errorMessage?: string;
}

/** The invocations that ended last. */
export interface InvocationLog {
  /** Notes the beginning; the function that it returns notes the end. */
  begin(
    invocation: Pick<Invocation, 'functionName'> & { requestId: string },
  ): (result: InvocationResult) => void;
  /** Those with a greater number, oldest first, as far as they are kept; `last` is the newest number of all. */
  after(number: number): { last: number; invocations: LoggedInvocation[] };
}

const KEPT_INVOCATIONS = 500;

export function createInvocationLog(time: Time): InvocationLog {
  const kept: LoggedInvocation[] = [];
  let last = 0;
  return {
    begin({ functionName, requestId }) {
      const startedAt = time.now();
      return (result) => {
        last += 1;
        kept.push({
          number: last,
          functionName,
          requestId,
          startedAt: new Date(startedAt).toISOString(),
          durationMs: time.now() - startedAt,
          ok: result.ok,
          ...(!result.ok && { errorType: result.error.errorType, errorMessage: result.error.errorMessage }),
        });
        if (kept.length > KEPT_INVOCATIONS) kept.shift();
      };
    },
    after: (number) => ({ last, invocations: kept.filter((invocation) => invocation.number > number) }),
  };
}

/** A line of a structured log: JSON with `level` and `message`, as Lambda's loggers write it. */
export interface LogEntry {
  level: string;
  message: string;
  error?: { stack?: unknown };
  [field: string]: unknown;
}

/** What a structured log says in every line, and a terminal need not repeat. */
const REPEATED = new Set([
  'level',
  'message',
  'timestamp',
  'service',
  'sampling_rate',
  'xray_trace_id',
  'error',
]);
const PLAIN_WORD = /^[\w.:-]+$/;

/** A line of a structured log the way a person reads it, with the stack trace of its error below; any other line as it is. */
export function readableLogLine(line: string): string {
  const entry = logEntry(line);
  if (entry === undefined) return line;
  const fields = Object.entries(entry)
    .filter(([name]) => !REPEATED.has(name))
    .map(([name, value]) => `${name}=${word(value)}`);
  const headline = [entry.level, entry.message, ...fields].join(' ');
  const stack = entry.error?.stack;
  return typeof stack === 'string' ? `${headline}\n${stack}` : headline;
}

/** The line as data; undefined where it is no line of a structured log. */
export function logEntry(line: string): LogEntry | undefined {
  try {
    const entry = JSON.parse(line);
    return typeof entry?.level === 'string' && typeof entry.message === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}

function word(value: unknown): string {
  return typeof value === 'string' && PLAIN_WORD.test(value) ? value : JSON.stringify(value);
}
