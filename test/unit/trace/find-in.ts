import type { FindLines, LogEntry } from '../../../bin/trace/log-source.ts';

/** Finds among these lines, as the logs do. */
export function findIn(entries: readonly LogEntry[]): FindLines {
  return async (where, { from, to }) =>
    entries.filter(({ at, name, fields }) => {
      const line: Record<string, unknown> = { ...fields, message: name };
      const isMet = Object.entries(where).every(([field, values]) =>
        [line[field]].flat().some((value) => values.includes(String(value))),
      );
      return from <= at && at <= to && isMet;
    });
}
