import type { Log } from '../../../lib/lambda/log.ts';

export interface LogLine {
  level: keyof Log;
  message: string;
  rest: unknown;
}

/** A log that keeps its lines. */
export interface RecordingLog extends Log {
  lines: LogLine[];
  /** All that was logged as one text, errors with their stack and cause. */
  text(): string;
}

export function recordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  const at = (level: keyof Log) => (message: string, rest: unknown) => {
    lines.push({ level, message, rest });
  };
  return {
    lines,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    text: () => lines.map(({ message, rest }) => `${message} ${textOf(rest)}`).join('\n'),
  };
}

function textOf(value: unknown): string {
  return value instanceof Error ? `${value.stack} ${textOf(value.cause)}` : `${JSON.stringify(value)}`;
}
