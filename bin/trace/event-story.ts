import type { LogEventName } from '../../lib/core/log.ts';
import type { FindLines, LogEntry, Span } from './log-source.ts';

/** The answer to a trace, in lines for the terminal. */
export interface Story {
  /** Whether the logs have lines about it. */
  isKnown: boolean;
  lines: string[];
}

const LINES_OF_BATCHES = ['events_logged', 'events_not_logged'] as const;
const LINES_OF_DELIVERIES = ['delivery', 'room_delivery_failed', 'delivery_cut_short'] as const;

/** How long after its `events_logged` line an event may be delivered, including all retries. */
const LATEST_DELIVERY_MS = 15 * 60 * 1000;

/** Finds the lines of an event, by its own id or EventBridge's, and then the deliveries of its rooms. */
export async function eventLines(find: FindLines, id: string, span: Span): Promise<LogEntry[]> {
  const ofEvent = unique([...(await linesOfId(find, id, span)), ...(await find({ busEventId: [id] }, span))]);
  const others = [...ownIds(id, ofEvent)].filter((own) => own !== id);
  const ofOthers = await Promise.all(others.map((own) => linesOfId(find, own, span)));
  const entries = [...ofEvent, ...ofOthers.flat()];
  const logged = entries.filter(({ name }) => name === 'events_logged');
  const ofRooms = await Promise.all(
    logged.map(({ at, fields }) =>
      find(
        { roomId: [String(fields.roomId)], message: LINES_OF_DELIVERIES },
        { from: at - 1_000, to: at + LATEST_DELIVERY_MS },
      ),
    ),
  );
  return unique([...entries, ...ofRooms.flat()]);
}

async function linesOfId(find: FindLines, eventId: string, span: Span): Promise<LogEntry[]> {
  const found = await Promise.all([
    find({ eventId: [eventId] }, span),
    find({ eventIds: [eventId], message: LINES_OF_BATCHES }, span),
  ]);
  return found.flat();
}

/** The given id, and the event's own ids if the given one is EventBridge's. */
function ownIds(id: string, entries: readonly LogEntry[]): Set<string> {
  const own = entries.flatMap(({ fields }) =>
    fields.busEventId === id && fields.eventId !== undefined ? [fields.eventId] : [],
  );
  return new Set([id, ...own]);
}

interface Fact {
  at: number;
  text: string;
}

/** The number of an event in a room. Several rooms, and several event types, may use the same id. */
interface Place {
  logged: LogEntry;
  seq: number;
}

/** Tells the path of one event from its log lines and those of its rooms. */
export function eventStory(id: string, entries: readonly LogEntry[]): Story {
  const inOrder = unique(entries).sort((one, other) => one.at - other.at);
  const ids = ownIds(id, inOrder);
  const of = (name: LogEventName) => inOrder.filter((entry) => entry.name === name);
  const isOwn = ({ fields }: LogEntry) => fields.busEventId === id || ids.has(fields.eventId ?? '');
  const deadLettered = of('event_dead_lettered').filter(isOwn);
  const notLogged = of('events_not_logged').filter(({ fields }) =>
    fields.eventIds?.some((one) => ids.has(one)),
  );
  const places = of('events_logged').flatMap((logged) => placesIn(logged, ids));
  const ways = places.map((place) => wayFrom(place, inOrder));
  const facts = [
    ...of('event_ingested').filter(isOwn).map(ingestedFact),
    ...deadLettered.map(({ at, fields }) => fact(at, `dead-lettered: ${fields.code}, ${fields.reason}`)),
    ...notLogged.map(({ at, fields }) => fact(at, `could not be logged: ${messageOf(fields.error)}`)),
    ...ways.flatMap((way) => way.facts),
  ].sort((one, other) => one.at - other.at);
  if (facts.length === 0) return { isKnown: false, lines: [unknownEvent(id)] };
  const withoutNumber = deadLettered.length > 0 ? DEAD_LETTER : notLogged.length > 0 ? NOT_LOGGED : WAITS;
  const ends = places.length === 0 ? [withoutNumber] : ways.flatMap((way) => way.end ?? []);
  return { isKnown: true, lines: [...facts.map(({ text }) => text), ...ends] };
}

const DEAD_LETTER =
  'It ended there: no client can read it. It is in the queue of event dead letters; the reason is for the service that sent it.';
const NOT_LOGGED = 'It has no number yet: its batch is delivered to the function again.';
const WAITS =
  'It is in the stream of its room, and has no number yet. Is the room behind? See "Room events behind" in docs/operations/runbook.md.';

function unknownEvent(id: string): string {
  return `No log line has the event id ${JSON.stringify(id)} in this time. Was it put on this bus, with a source that begins with trade-room? Is --since long enough? An id that EventBridge gave is found only for traced rooms and for events without an id of their own.`;
}

function ingestedFact({ at, fields }: LogEntry): Fact {
  const { eventType, roomId, publishedAt, busEventId, sequenceNumber } = fields;
  const after = at - Number(publishedAt);
  return fact(
    at,
    `ingested: ${eventType} for room ${roomId}, ${after} ms after it was published (bus ${busEventId}, queue ${sequenceNumber})`,
  );
}

function placesIn(logged: LogEntry, ids: ReadonlySet<string>): Place[] {
  const { eventIds = [], firstSeq = 0 } = logged.fields;
  return eventIds.flatMap((eventId, index) => (ids.has(eventId) ? [{ logged, seq: firstSeq + index }] : []));
}

/** The path from its number on: the deliveries whose range includes it. `end` is a sentence if none delivered it. */
function wayFrom(
  { logged, seq }: Place,
  entries: readonly LogEntry[],
): { facts: Fact[]; end: string | undefined } {
  const { roomId, epoch } = logged.fields;
  const ofRoom = entries.filter(({ at, fields }) => fields.roomId === roomId && at >= logged.at);
  const deliveries = ofRoom.filter(({ name, fields }) => name === 'delivery' && fields.epoch === epoch);
  const covering = deliveries.filter(({ fields }) => covers(fields, seq));
  const isSuperseded = entries.some(
    ({ name, fields }) =>
      name === 'event_superseded' && fields.seq === seq && fields.roomId === roomId && fields.epoch === epoch,
  );
  const facts = [
    fact(logged.at, `logged: number ${seq} of room ${roomId}, epoch ${epoch}`),
    ...failuresUntil(covering.at(-1), ofRoom),
    ...(isSuperseded ? [] : covering.map((entry) => deliveryFact(entry, seq))),
  ];
  const number = `Number ${seq} of room ${roomId}`;
  const isPassed = deliveries.some(({ fields }) => Number(fields.fromSeq) > seq);
  if (isSuperseded) {
    return { facts, end: `${number} is not sent: a newer value of the same state is sent instead.` };
  }
  if (covering.length > 0) return { facts, end: undefined };
  const end = isPassed
    ? 'is not sent: later numbers have been delivered, so a newer value of the same state was sent instead.'
    : 'is not delivered in this time. The room is behind, or its deliveries fail: see "Room events behind" and "Broadcasts incomplete" in docs/operations/runbook.md.';
  return { facts, end: `${number} ${end}` };
}

function covers({ fromSeq, toSeq }: LogEntry['fields'], seq: number): boolean {
  return Number(fromSeq) <= seq && seq <= Number(toSeq);
}

/** The line about a failed delivery follows the line of the delivery within this time. */
const FAILURE_AFTER_DELIVERY_MS = 1_000;

function failuresUntil(delivery: LogEntry | undefined, ofRoom: readonly LogEntry[]): Fact[] {
  const last =
    delivery === undefined
      ? Number.POSITIVE_INFINITY
      : delivery.at + (delivery.fields.status === 'retry' ? FAILURE_AFTER_DELIVERY_MS : 0);
  return ofRoom
    .filter(
      ({ at, name }) => (name === 'room_delivery_failed' || name === 'delivery_cut_short') && at <= last,
    )
    .map(({ at, fields }) => fact(at, `delivery failed: ${messageOf(fields.error)}`));
}

function deliveryFact({ at, fields }: LogEntry, seq: number): Fact {
  const { fromSeq, toSeq, superseded, delivered, gone, expired, failed, throttledOut, late } = fields;
  const { lagMs, status } = fields;
  const isCertain = superseded === 0 || seq === fields.firstSeq || seq === fields.lastSeq;
  const doubt = isCertain
    ? ''
    : `; ${superseded} states of this range were superseded, and perhaps it was one (traced rooms tell)`;
  const others = Object.entries({ gone, expired, failed, throttledOut, late })
    .filter(([, count]) => count !== undefined && count !== 0)
    .map(([name, count]) => `, ${count} ${name}`)
    .join('');
  const how = status === 'retry' ? ', then failed: it is repeated' : ', then its time was up';
  const cut = status !== 'complete' ? how : '';
  const lag = lagMs === undefined ? '' : `, ${lagMs} ms after the oldest was published`;
  const what = `delivered: numbers ${fromSeq} to ${toSeq}, to ${delivered} members`;
  return fact(at, `${what}${others}${cut}${lag}${doubt}`);
}

function fact(at: number, text: string): Fact {
  return { at, text: `${time(at)}  ${text}` };
}

export function messageOf(error: unknown): string {
  return String((error as { message?: unknown } | null | undefined)?.message ?? 'no reason given');
}

export function time(at: number): string {
  return new Date(at).toISOString();
}

/** Removes repeats, because several queries may find the same line. */
export function unique(entries: readonly LogEntry[]): LogEntry[] {
  return [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()];
}
