import type { Log, LogEventName } from '../../lib/core/log.ts';
import { logEvents } from '../../lib/core/log-events.ts';

export interface RecordedLine {
  level: string;
  name: LogEventName;
  fields: Record<string, unknown>;
}

/** A log that keeps its lines. */
export interface RecordingLog {
  log: Log;
  lines: RecordedLine[];
  /** The names of the lines. */
  names(): string[];
  /** All that was logged as one text, errors with their stack and cause. */
  text(): string;
}

export function recordingLog(): RecordingLog {
  const lines: RecordedLine[] = [];
  return {
    log: (name, fields) => void lines.push({ level: logEvents[name].level, name, fields: { ...fields } }),
    lines,
    names: () => lines.map(({ name }) => name),
    text: () => lines.map(({ name, fields }) => `${name} ${Object.values(fields).map(textOf)}`).join('\n'),
  };
}

function textOf(value: unknown): string {
  return value instanceof Error ? `${value.stack} ${textOf(value.cause)}` : `${JSON.stringify(value)}`;
}

export const noLog: Log = () => undefined;

/** Adds the names of the lines of the level `error` to a list. */
export function errorsInto(names: string[]): Log {
  return (name) => {
    if (logEvents[name].level === 'error') names.push(name);
  };
}
