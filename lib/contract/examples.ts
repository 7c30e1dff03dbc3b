import { type RoomEventType, roomEventTypes } from '../protocol/room-events.ts';
import { sampleEvents } from '../protocol/sample-events.ts';

const ROOM = '42';
const PUBLISHED = '2026-09-21T14:13:20.000Z';

/** A message of the wire, as docs/protocol.md shows it. */
export interface ShownMessage {
  type: string;
}

interface Example {
  payload: object;
}

/** What the page shows of this type; of an event, also its sample. */
export function examplesOf(type: string, shown: readonly ShownMessage[]): Example[] {
  const payloads: object[] = shown.filter((message) => message.type === type);
  const event = roomEventTypes.find((candidate) => candidate === type);
  if (event !== undefined) payloads.push(sampleFrame(event));
  return payloads.map((payload) => ({ payload }));
}

/** The detail by which a service publishes the sample of an event. */
export function detailExample(type: RoomEventType): Example {
  return { payload: { roomId: ROOM, ...published(type) } };
}

function sampleFrame(type: RoomEventType): object {
  const position = { epoch: 'mwx2810d1j2xl5q', seq: 18, prev: 17 };
  return { type, roomId: ROOM, ...published(type), ...position };
}

function published(type: RoomEventType): object {
  const data = sampleEvents[type](ROOM, PUBLISHED);
  return { data, id: `${type}-1`, publishedAt: Date.parse(PUBLISHED) };
}
