import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { functions } from '../lib/config/functions.ts';
import { nameOfStage } from '../lib/config/table.ts';
import { MAX_CONNECTION_MS } from '../lib/protocol/limits.ts';
import { type Command, DEFAULT_PORT, fail, portOf, readCommandLine } from './command-line.ts';
import { eventLines, eventStory, type Story } from './trace/event-story.ts';
import { emulatorLog, type FindLines, logsInsights, MAX_LINES, type Span } from './trace/log-source.ts';
import { type Subject, userLines, userStory } from './trace/user-story.ts';

const usage = `npm run trace -- <event id> [--since 1h]
npm run trace -- --user <id> [--room <id>] [--at <time>] [--since 1h]
npm run trace -- --connection <id> [--room <id>] [--at <time>] [--since 1h]

Prints the path of one event, by its own id or the id that EventBridge gave it; or what the connections of a user did. With
--at it also prints in which rooms they were at that time, and the deliveries to these rooms in the minutes around it.
Source of the logs: --port ${DEFAULT_PORT} of the local emulator, or --stage <name> in CloudWatch, with the AWS profile and region
of your environment.
--since is how far back to search: 30m, 2h, 3d, or an ISO time. --at is HH:MM of the last 24 hours in UTC, or an ISO time;
the search then starts at least two hours before that time, because a connection may be that old.
The exit code is 0 if the logs have an answer, otherwise 1.`;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const UNITS: Record<string, number> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: DAY_MS };

const options = {
  user: { type: 'string' },
  connection: { type: 'string' },
  room: { type: 'string' },
  at: { type: 'string' },
  since: { type: 'string' },
  stage: { type: 'string' },
  port: { type: 'string' },
} as const;
type Values = { [Name in keyof typeof options]?: string };

/** API Gateway ends a connection after two hours; some minutes more, because clocks and log times differ. */
const SEARCHED_MS = MAX_CONNECTION_MS + 5 * MINUTE_MS;

export const trace: Command = {
  usage,
  async run(shell) {
    const { values, positionals } = readCommandLine(shell, usage, options);
    let isCut = false;
    const source = sourceOf(values, shell.environment, () => {
      isCut = true;
    });
    const { isKnown, lines } = await storyOf({ values, positionals, now: Date.now() }, source);
    shell.print(lines.join('\n'));
    if (isCut) {
      shell.print(
        `Only the first ${MAX_LINES} lines of a query were read: later ones are missing. Shorten --since.`,
      );
    }
    return isKnown ? 0 : 1;
  },
};

/** What was typed, and when. */
interface Request {
  values: Values;
  positionals: string[];
  now: number;
}

async function storyOf({ values, positionals, now }: Request, find: FindLines): Promise<Story> {
  const [eventId, ...rest] = positionals;
  const subjects = [eventId, values.user, values.connection].filter((one) => one !== undefined);
  if (subjects.length !== 1 || rest.length > 0 || subjects.includes('')) {
    fail(`expected one event id, or --user, or --connection\n\n${usage}`);
  }
  if (eventId !== undefined && (values.room ?? values.at) !== undefined) {
    fail(`--room and --at belong to --user and --connection\n\n${usage}`);
  }
  const from = sinceOf(values.since ?? '1h', now);
  if (eventId !== undefined) return eventStory(eventId, await eventLines(find, eventId, { from, to: now }));
  const subject: Subject = {
    userId: values.user,
    connectionId: values.connection,
    roomId: values.room,
    at: values.at === undefined ? undefined : momentOf(values.at, now),
  };
  return userStory(subject, await userLines(find, subject, spanOf(subject, from, now)));
}

/** The time span to search. With `at` it covers the whole life of every connection that was open at that time. */
function spanOf({ at }: Subject, from: number, now: number): Span {
  if (at === undefined) return { from, to: now };
  return {
    from: Math.min(from, at.from - SEARCHED_MS),
    to: Math.min(now, at.to + SEARCHED_MS),
  };
}

function sourceOf({ stage, port }: Values, environment: NodeJS.ProcessEnv, onMore: () => void): FindLines {
  if (stage === undefined) return emulatorLog(portOf(port), onMore);
  if (port !== undefined)
    fail(`--port names the local emulator, --stage a stage in AWS: expected one of them\n\n${usage}`);
  // The command names a stage, so an endpoint that was exported for the local emulator must not answer.
  delete environment['AWS_ENDPOINT_URL'];
  delete environment['AWS_ENDPOINT_URL_CLOUDWATCH_LOGS'];
  if (
    (environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? environment['AWS_PROFILE']) ===
    undefined
  ) {
    fail('--stage: expected AWS_REGION or AWS_PROFILE in the environment, which say where the stage is');
  }
  const logGroups = Object.keys(functions).map((name) => `/aws/lambda/${nameOfStage(stage)}-${name}`);
  return logsInsights({ client: new CloudWatchLogsClient({}), logGroups, sleep, onMore });
}

function sinceOf(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS[unit] ?? 0);
  return isoOf(text)?.from ?? fail(`--since: expected 30m, 2h, 3d or an ISO time, got "${text}"`);
}

function momentOf(text: string, now: number): Span {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const today = new Date(now).setUTCHours(Number(hours), Number(minutes), 0, 0);
    const from = today > now ? today - DAY_MS : today;
    return { from, to: from + MINUTE_MS - 1 };
  }
  const moment = isoOf(text) ?? fail(`--at: expected HH:MM or an ISO time, got "${text}"`);
  return moment.from <= now ? moment : fail(`--at: expected a time in the past, got "${text}"`);
}

/** Parses an ISO time. Without a zone it is in UTC; without seconds it is the whole minute. */
function isoOf(text: string): Span | undefined {
  const [, minute, seconds = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const from = Date.parse(`${minute}${seconds}${zone}`);
  if (Number.isNaN(from)) return undefined;
  return { from, to: seconds === '' ? from + MINUTE_MS - 1 : from };
}
