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
