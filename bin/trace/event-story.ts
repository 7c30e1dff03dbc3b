import type { LogEventName } from '../../lib/core/log-events.ts';
import type { FindLines, LogEntry, Span } from './log-source.ts';

/** What became of an event, in sentences with their times. */
export interface Story {
  /** Whether the logs know the event. */
  isKnown: boolean;
  lines: string[];
}

const LINES_OF_DELIVERIES = ['delivery', 'room_delivery_failed', 'delivery_cut_short'] as const;

/** An event whose first line is so late has its delivery behind it, at the latest after all retries. */
const LATEST_DELIVERY_MS = 15 * 60 * 1000;

/** Finds the lines of an event, by its own id or EventBridge's, then those of its room that lead on. */
export async function eventLines(find: FindLines, id: string, span: Span): Promise<LogEntry[]> {
  const named = await find([id], span);
  const own = named.find(({ name, fields }) => name === 'event_ingested' && fields.busEventId === id);
  const eventId = String(own?.fields.eventId ?? id);
  const ofEvent = eventId === id ? named : [...named, ...(await find([eventId], span))];
  const logged = ofEvent.find(({ name }) => name === 'events_logged');
  if (logged === undefined) return ofEvent;
  const behind = { from: logged.at - 1_000, to: logged.at + LATEST_DELIVERY_MS };
  const roomId = String(logged.fields.roomId);
  const ofRoom = await Promise.all(LINES_OF_DELIVERIES.map((name) => find([roomId, name], behind)));
  return [...ofEvent, ...ofRoom.flat()];
}

/** Tells the way of one event from its lines and those of its room. */
export function eventStory(id: string, entries: readonly LogEntry[]): Story {
  const inOrder = unique(entries).sort((one, other) => one.at - other.at);
  const of = (name: LogEventName) => inOrder.filter((entry) => entry.name === name);
  const ingested = of('event_ingested').find(
    ({ fields }) => fields.eventId === id || fields.busEventId === id,
  );
  const eventId = String(ingested?.fields.eventId ?? id);
  const logged = of('events_logged').find((entry) => listOf(entry).includes(eventId));
  const deadLettered = of('event_dead_lettered').filter(
    ({ fields }) => fields.eventId === id || fields.busEventId === id,
  );
  const notLogged = of('events_not_logged').filter((entry) => listOf(entry).includes(eventId));
  const lines = [
    ...of('event_ingested')
      .filter(({ fields }) => fields.eventId === eventId)
      .map(tellIngested),
    ...deadLettered.map(({ at, fields }) => `${time(at)}  dead-lettered: ${fields.code}, ${fields.reason}`),
    ...notLogged.map(({ at, fields }) => `${time(at)}  could not be logged: ${messageOf(fields.error)}`),
  ];
  if (logged !== undefined)
    return { isKnown: true, lines: [...lines, ...tellFromLog(eventId, logged, inOrder)] };
  if (lines.length === 0) return { isKnown: false, lines: [unknownEvent(id)] };
  if (deadLettered.length > 0) return { isKnown: true, lines: [...lines, DEAD_LETTER] };
  return { isKnown: true, lines: [...lines, notLogged.length > 0 ? NOT_LOGGED : WAITS] };
}

const DEAD_LETTER =
  'It ended there: no client can read it. It is in the queue of event dead letters; the reason is for the service that sent it.';
const NOT_LOGGED = 'It has no number yet: its batch is delivered to the function again.';
const WAITS =
  'It is in the lane of its room, and has no number yet. Is the room behind? See "Lanes behind" in OPERATIONS.md.';

function unknownEvent(id: string): string {
  return `No log line has the event id ${JSON.stringify(id)} in this time. Was it put on this bus, with a source that begins with trade-room? Is --since long enough? An id that EventBridge gave is found only for traced rooms and for events without an id of their own.`;
}

function tellIngested({ at, fields }: LogEntry): string {
  const { eventType, roomId, publishedAt, busEventId, sequenceNumber } = fields;
  const after = at - Number(publishedAt);
  return `${time(at)}  ingested: ${eventType} for room ${roomId}, ${after} ms after it was published (bus ${busEventId}, queue ${sequenceNumber})`;
}

function tellFromLog(eventId: string, logged: LogEntry, entries: readonly LogEntry[]): string[] {
  const { roomId, epoch } = logged.fields;
  const seq = Number(logged.fields.firstSeq) + listOf(logged).indexOf(eventId);
  const lines = [`${time(logged.at)}  logged: number ${seq} of room ${roomId}, epoch ${epoch}`];
  const deliveries = entries.filter(
    ({ name, fields }) => name === 'delivery' && fields.roomId === roomId && fields.epoch === epoch,
  );
  const covering = deliveries.filter(
    ({ fields }) => Number(fields.fromSeq) <= seq && seq <= Number(fields.toSeq),
  );
  const superseded = entries.some(
    ({ name, fields }) => name === 'event_superseded' && fields.eventId === eventId,
  );
  const last = covering.at(-1)?.at ?? Number.POSITIVE_INFINITY;
  const failures = entries.filter(
    ({ at, name, fields }) =>
      (name === 'room_delivery_failed' || name === 'delivery_cut_short') &&
      fields.roomId === roomId &&
      logged.at <= at &&
      at <= last,
  );
  lines.push(...failures.map(({ at, fields }) => `${time(at)}  delivery failed: ${messageOf(fields.error)}`));
  if (superseded) {
    return [
      ...lines,
      'Not sent: a newer value of the same state stands for it, and was or will be sent instead.',
    ];
  }
  if (covering.length > 0) return [...lines, ...covering.map((entry) => tellDelivery(entry, seq))];
  if (deliveries.some(({ fields }) => Number(fields.fromSeq) > seq)) {
    return [
      ...lines,
      'Not sent: the deliveries have passed its number, so a newer value of the same state stands for it.',
    ];
  }
  return [
    ...lines,
    'Not delivered in this time. The room is behind, or its deliveries fail: see "Lanes behind" and "Broadcasts incomplete" in OPERATIONS.md.',
  ];
}

function tellDelivery({ at, fields }: LogEntry, seq: number): string {
  const { fromSeq, toSeq, conflated, delivered, gone, expired, failed, throttledOut, late } = fields;
  const { lagMs, complete, interrupted } = fields;
  const isCertain = conflated === 0 || seq === fields.firstSeq || seq === fields.lastSeq;
  const doubt = isCertain
    ? ''
    : `; ${conflated} states of this range were superseded, and perhaps it was one (traced rooms tell)`;
  const others = Object.entries({ gone, expired, failed, throttledOut, late })
    .filter(([, count]) => count !== undefined && count !== 0)
    .map(([name, count]) => `, ${count} ${name}`)
    .join('');
  const end = interrupted ? ', then failed: it is repeated' : ', then its time was up';
  const cut = complete === false ? end : '';
  const lag = lagMs === undefined ? '' : `, ${lagMs} ms after the oldest was published`;
  return `${time(at)}  delivered: numbers ${fromSeq} to ${toSeq}, to ${delivered} members${others}${cut}${lag}${doubt}`;
}

function listOf({ fields }: LogEntry): unknown[] {
  const { eventIds } = fields;
  return Array.isArray(eventIds) ? eventIds : [];
}

export function messageOf(error: unknown): string {
  return String((error as { message?: unknown } | null | undefined)?.message ?? 'no reason given');
}

export function time(at: number): string {
  return new Date(at).toISOString();
}

/** Several queries find the same line. */
export function unique(entries: readonly LogEntry[]): LogEntry[] {
  return [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()];
}
