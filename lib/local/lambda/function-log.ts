import type { Invocation } from '../faults.ts';
import type { InvocationResult } from '../invoke.ts';
import type { Time } from '../time.ts';

/** A line that a function wrote, unchanged. */
interface FunctionLogLine {
  /** Epoch milliseconds. */
  time: number;
  functionName: string;
  requestId: string;
  text: string;
}

interface FunctionLogQuery {
  /**
   * Conditions on a line as a JSON object: each of these fields equals one of the values, or is an array that contains one.
   * Without conditions every line matches, also one that is not JSON.
   */
  where: Readonly<Record<string, readonly string[]>>;
  /** Epoch milliseconds, both inclusive. */
  from: number;
  to: number;
}

/** The last lines that functions wrote. In AWS they are in CloudWatch Logs. */
export interface FunctionLog {
  add(line: Omit<FunctionLogLine, 'time'>): void;
  /** The first 10,000 matching lines in order of time, and whether there are more. */
  find(query: FunctionLogQuery): { lines: FunctionLogLine[]; more: boolean };
}

const KEPT_LINES = 20_000;
/** The most that one query of CloudWatch Logs Insights returns. */
const MAX_FOUND = 10_000;

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
      return { lines: found.slice(0, MAX_FOUND), more: found.length > MAX_FOUND };
    },
  };
}

function meets(text: string, conditions: readonly (readonly [string, readonly string[]])[]): boolean {
  // Excludes most lines without parsing them.
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

/** The record of an invocation. It has nothing of the event or the answer, which may contain secrets. */
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

/** The last invocations that ended. */
export interface InvocationLog {
  /** Records the start; the returned function records the end. */
  begin(
    invocation: Pick<Invocation, 'functionName'> & { requestId: string },
  ): (result: InvocationResult) => void;
  /** The kept invocations with a greater number, oldest first; `last` is the newest number. */
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

/** Fields that are in every line of a structured log and are not printed as `name=value`. */
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

/** A line of a structured log for a terminal, with the stack trace of its error below. Any other line is unchanged. */
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

/** The line as data; undefined if it is not a line of a structured log. */
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
