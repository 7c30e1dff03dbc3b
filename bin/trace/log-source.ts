import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { LogEventName, LogFields } from '../../lib/core/log.ts';
import { logEvents } from '../../lib/core/log-events.ts';

/** A line of the functions' logs: its name and its other fields. */
export interface LogEntry {
  /** Time of the line, in epoch milliseconds. */
  at: number;
  name: LogEventName;
  fields: Partial<LogFields>;
}

/** Epoch milliseconds, both inclusive. */
export interface Span {
  from: number;
  to: number;
}

/** Conditions: each of these fields equals one of the values, or is an array that contains one. `message` is the name of the line. */
export type Where = { readonly [Field in keyof LogFields | 'message']?: readonly string[] };

/** The maximum number of lines that one query returns: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
export const MAX_LINES = 10_000;

/**
 * Finds the first 10,000 lines in order of time. If there are more, it calls `onMore` of the source. Throws an error whose
 * message is a sentence.
 */
export type FindLines = (where: Where, span: Span) => Promise<LogEntry[]>;

/** The lines that the local emulator on this port keeps. */
export function emulatorLog(port: number, onMore: () => void): FindLines {
  const endpoint = `http://127.0.0.1:${port}`;
  return async (where, { from, to }) => {
    const query = new URLSearchParams({ from: String(from), to: String(to) });
    for (const [field, value] of conditionsOf(where)) query.append('where', `${field}:${value}`);
    const response = await fetch(`${endpoint}/dev/logs?${query}`).catch(() => {
      throw new Error(
        `Nothing answers on ${endpoint}: start it with "npm start", or name its port with --port.`,
      );
    });
    const answer: unknown = await response.json().catch(() => undefined);
    const { lines, more } = Object(answer) as { lines?: { time: number; text: string }[]; more?: boolean };
    if (lines === undefined) {
      throw new Error(`What answers on ${endpoint} is not the emulator of this project. Is --port right?`);
    }
    if (more) onMore();
    return lines.flatMap(({ time, text }) => entryOf(text, time) ?? []);
  };
}

function conditionsOf(where: Where): [string, string][] {
  return Object.entries(where).flatMap(([field, values]) =>
    values.map((value): [string, string] => [field, value]),
  );
}

interface LogsInsightsOptions {
  client: Pick<CloudWatchLogsClient, 'send'>;
  logGroups: readonly string[];
  sleep: (milliseconds: number) => Promise<unknown>;
  onMore: () => void;
}

const POLL_MS = 500;
/** Shorter than the limit of CloudWatch, one hour, because a person waits at the terminal. */
const MAX_POLLS = 240;

/** The logs of a deployed stage, by CloudWatch Logs Insights. */
export function logsInsights({ client, logGroups, sleep, onMore }: LogsInsightsOptions): FindLines {
  return async (where, { from, to }) => {
    const { queryId } = await client.send(
      new StartQueryCommand({
        logGroupNames: [...logGroups],
        startTime: Math.floor(from / 1000),
        endTime: Math.ceil(to / 1000),
        queryString: queryOf(where),
      }),
    );
    for (let poll = 0; poll < MAX_POLLS; poll += 1) {
      const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
      if (status === 'Complete') {
        // Insights does not say whether there are lines beyond the limit.
        if (results.length === MAX_LINES) onMore();
        return results.flatMap(entryOfRow).filter((entry) => meets(entry, where));
      }
      if (status !== 'Scheduled' && status !== 'Running') {
        throw new Error(`CloudWatch Logs ended the query with the status ${status}. Try a shorter --since.`);
      }
      await sleep(POLL_MS);
    }
    throw new Error('CloudWatch Logs has not answered for two minutes. Try a shorter --since.');
  };
}

/**
 * A filter of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filter.html: a regular expression between
 * slashes. Special characters are escaped, so that a value matches only itself. The expression is matched against the JSON of a
 * line; `meets` then removes lines that match in another field.
 */
export function queryOf(where: Where): string {
  const filters = Object.entries(where).map(([field, values]) => {
    const value = values.map((one) => escaped(JSON.stringify(one))).join('|');
    return `| filter @message like /"${field}":(\\[.*)?(${value})/`;
  });
  const limit = `| limit ${MAX_LINES}`;
  return ['fields @timestamp, @message', ...filters, '| sort @timestamp asc', limit].join('\n');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function meets({ name, fields }: LogEntry, where: Where): boolean {
  const line: Record<string, unknown> = { ...fields, message: name };
  return Object.entries(where).every(([field, values]) =>
    [line[field]].flat().some((one) => values.includes(String(one))),
  );
}

function entryOfRow(row: readonly { field?: string | undefined; value?: string | undefined }[]): LogEntry[] {
  const cell = (name: string) => row.find(({ field }) => field === name)?.value ?? '';
  // Insights returns a time in UTC without a zone.
  const time = Date.parse(`${cell('@timestamp').replace(' ', 'T')}Z`);
  return [entryOf(cell('@message'), time)].flatMap((entry) => entry ?? []);
}

function entryOf(text: string, writtenAt: number): LogEntry | undefined {
  try {
    const { message, timestamp, ...fields } = JSON.parse(text);
    if (!isLogEventName(message)) return undefined;
    const at = Date.parse(timestamp);
    return { at: Number.isNaN(at) ? writtenAt : at, name: message, fields };
  } catch {
    return undefined;
  }
}

function isLogEventName(name: unknown): name is LogEventName {
  return typeof name === 'string' && Object.hasOwn(logEvents, name);
}
