import type { LogEventName, LogFields } from '../../lib/core/log.ts';
import { messageOf, type Story, time, unique } from './event-story.ts';
import type { FindLines, LogEntry, Span } from './log-source.ts';

export interface Subject {
  userId?: string | undefined;
  connectionId?: string | undefined;
  roomId?: string | undefined;
  /** The moment or minute in question. */
  at?: Span | undefined;
}

/** Deliveries are shown from this long before the moment until this long after it. */
const AROUND_MS = 60_000;

/**
 * Finds the lines of a user's connections, or of one connection. With `at` it also finds the deliveries of the rooms and the
 * refused tokens around that moment; a line about a refused token has no user id.
 */
export async function userLines(find: FindLines, subject: Subject, span: Span): Promise<LogEntry[]> {
  const { userId, connectionId, at } = subject;
  const ofUser = userId === undefined ? [] : await find({ userId: [userId] }, span);
  const ids = connectionId === undefined ? connectionsOf(ofUser) : [connectionId];
  const ofConnections = ids.length === 0 ? [] : await find({ connectionId: ids }, span);
  const entries = unique([...ofUser, ...ofConnections]);
  if (at === undefined) return entries;
  const around = { from: at.from - AROUND_MS, to: at.to + AROUND_MS };
  const rooms = subject.roomId === undefined ? roomsOf(entries) : [subject.roomId];
  const deliveries = rooms.length === 0 ? [] : await find({ roomId: rooms, message: ['delivery'] }, around);
  const refused = userId === undefined ? [] : await find({ message: ['token_refused'] }, around);
  return unique([...entries, ...deliveries, ...refused]);
}

/** Tells what the connections of a user did, and with `at` in which rooms they were at that moment. */
export function userStory(subject: Subject, entries: readonly LogEntry[]): Story {
  const { roomId, at } = subject;
  const inOrder = [...entries]
    .filter(({ fields }) => roomId === undefined || (fields.roomId ?? roomId) === roomId)
    .sort((one, other) => one.at - other.at);
  const lines = inOrder.map((entry) =>
    `${time(entry.at)}  ${entry.name.padEnd(18)} ${detailsOf(entry)}`.trimEnd(),
  );
  // Refused tokens may belong to any user.
  if (inOrder.every(({ name }) => name === 'token_refused')) {
    const who = subject.connectionId ?? `user ${subject.userId}`;
    const hint =
      'Is --since long enough? A token that was refused names no user: with --at, those are listed.';
    return { isKnown: false, lines: [...lines, `No log line has ${who} in this time. ${hint}`] };
  }
  return { isKnown: true, lines: at === undefined ? lines : [...lines, ...membershipsAt(inOrder, at)] };
}

/** Lines about the connections that were in a room at the moment. */
function membershipsAt(entries: readonly LogEntry[], at: Span): string[] {
  const memberships = entries
    .filter(({ name }) => name === 'room_subscribed')
    .map((begin) => ({ begin, end: entries.find((entry) => isEndedBy(entry, begin)) }))
    .filter(({ begin, end }) => begin.at <= at.to && (end === undefined || at.from <= end.at))
    .map(({ begin, end }) => {
      const { connectionId, roomId, seq } = begin.fields;
      const until = end === undefined ? '' : `, until ${time(end.at)} (${end.name})`;
      return `  ${connectionId} was in room ${roomId} since ${time(begin.at)}, after number ${seq}${until}`;
    });
  const when = at.from === at.to ? time(at.from) : `${time(at.from)} and in the minute after it`;
  return memberships.length === 0
    ? [`At ${when} none of these connections was in a room.`]
    : [`At ${when}:`, ...memberships];
}

/** Whether a line ends the subscription that `begin` started. A later subscribe ends it, too. */
function isEndedBy({ at, name, fields }: LogEntry, begin: LogEntry): boolean {
  if (at <= begin.at || fields.connectionId !== begin.fields.connectionId) return false;
  if (ENDS_CONNECTION.has(name)) return true;
  return ENDS_MEMBERSHIP.has(name) && fields.roomId === begin.fields.roomId;
}

const ENDS_MEMBERSHIP = new Set<LogEventName>(['room_subscribed', 'room_unsubscribed', 'room_refused']);
const ENDS_CONNECTION = new Set<LogEventName>([
  'connection_closed',
  'connection_not_closed',
  'disconnected',
  'member_gone',
  'member_disconnected',
]);

/** Fields that are not shown: every line has them, or they do not help. */
const NOT_TOLD = new Set(['level', 'service', 'sampling_rate', 'xray_trace_id', 'error']);

function detailsOf({ name, fields }: LogEntry): string {
  const shown = name === 'delivery' ? pick(fields, DELIVERY_FIELDS) : fields;
  const details = Object.entries(shown)
    .filter(([field]) => !NOT_TOLD.has(field))
    .map(([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [...details, ...('error' in fields ? [messageOf(fields.error)] : [])].join(' ');
}

const DELIVERY_FIELDS = [
  'roomId',
  'fromSeq',
  'toSeq',
  'delivered',
  'gone',
  'failed',
  'throttledOut',
  'late',
  'status',
] as const;

function pick(fields: LogEntry['fields'], names: readonly (keyof LogFields)[]): LogEntry['fields'] {
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
}

const connectionsOf = (entries: readonly LogEntry[]) => valuesOf(entries, 'connectionId');
const roomsOf = (entries: readonly LogEntry[]) => valuesOf(entries, 'roomId');

function valuesOf(entries: readonly LogEntry[], field: 'connectionId' | 'roomId'): string[] {
  return [...new Set(entries.flatMap(({ fields }) => (field in fields ? [String(fields[field])] : [])))];
}
