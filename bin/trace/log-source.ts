import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { type LogEventName, logEvents } from '../../lib/core/log-events.ts';
import type { LogFields } from '../../lib/core/log-fields.ts';

/** A line of the functions' logs: its name, and its other fields. */
export interface LogEntry {
  /** When it was written, epoch milliseconds. */
  at: number;
  name: LogEventName;
  fields: Partial<LogFields>;
}

/** Epoch milliseconds, both inclusive. */
export interface Span {
  from: number;
  to: number;
}

/** Lines that one query finds at most. */
export const MOST_LINES = 1_000;

/**
 * Finds the lines that hold all of these JSON values, in the order of time: the first 1,000. Where there are more, the
 * source's `onMore` is called. Throws a sentence.
 */
export type FindLines = (values: readonly (string | number)[], span: Span) => Promise<LogEntry[]>;

/** The lines that the shim on this port keeps. */
export function shimLog(port: number, onMore: () => void): FindLines {
  const endpoint = `http://127.0.0.1:${port}`;
  return async (values, { from, to }) => {
    const query = new URLSearchParams({ from: String(from), to: String(to) });
    for (const value of values) query.append('contains', JSON.stringify(value));
    const answer = await fetch(`${endpoint}/dev/logs?${query}`).catch(() => undefined);
    if (answer === undefined) {
      throw new Error(
        `Nothing answers on ${endpoint}: start it with "npm start", or name its port with --port.`,
      );
    }
    const { lines, more } = (await answer.json()) as {
      lines: { time: number; text: string }[];
      more: boolean;
    };
    if (more) onMore();
    return lines.flatMap(({ time, text }) => entryOf(text, time) ?? []);
  };
}

export interface LogsInsightsOptions {
  client: Pick<CloudWatchLogsClient, 'send'>;
  logGroups: readonly string[];
  sleep: (milliseconds: number) => Promise<unknown>;
  onMore: () => void;
}

const POLL_MS = 500;
/** CloudWatch ends a query after an hour; nobody waits for that at a terminal. */
const MOST_POLLS = 240;

/** The logs of a deployed stage, by CloudWatch Logs Insights. */
export function logsInsights({ client, logGroups, sleep, onMore }: LogsInsightsOptions): FindLines {
  return async (values, { from, to }) => {
    const { queryId } = await client.send(
      new StartQueryCommand({
        logGroupNames: [...logGroups],
        startTime: Math.floor(from / 1000),
        endTime: Math.ceil(to / 1000),
        queryString: queryOf(values),
      }),
    );
    for (let poll = 0; poll < MOST_POLLS; poll += 1) {
      const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
      if (status === 'Complete') {
        // Insights says nothing of what is beyond the limit.
        if (results.length === MOST_LINES) onMore();
        return results.flatMap(entryOfRow);
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
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filter.html: a regular expression stands between
 * slashes. Everything but letters and digits is escaped, so that no value can say more than itself.
 */
export function queryOf(values: readonly (string | number)[]): string {
  const filters = values.map((value) => {
    const pattern = JSON.stringify(value).replace(/[^\p{L}\p{N}]/gu, '\\$&');
    return `| filter @message like /${pattern}/`;
  });
  return ['fields @timestamp, @message', ...filters, '| sort @timestamp asc', `| limit ${MOST_LINES}`].join(
    '\n',
  );
}

function entryOfRow(row: readonly { field?: string | undefined; value?: string | undefined }[]): LogEntry[] {
  const cell = (name: string) => row.find(({ field }) => field === name)?.value ?? '';
  // Without a zone, and in UTC.
  const time = Date.parse(`${cell('@timestamp').replace(' ', 'T')}Z`);
  return [entryOf(cell('@message'), time)].flatMap((entry) => entry ?? []);
}

function isLogEventName(name: unknown): name is LogEventName {
  return typeof name === 'string' && Object.hasOwn(logEvents, name);
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
