import { type RoomEventType, roomEventTypes } from '../../../lib/protocol/room-events.ts';
import { sampleEvents } from '../../../lib/protocol/sample-events.ts';
import { codeBlocks, readDocument } from '../../support/markdown.ts';

interface Message {
  type: string;
  data: object;
}

/** Every message of the wire that docs/protocol.md shows. */
export const shownMessages: Message[] = codeBlocks(readDocument('docs/protocol.md'))
  .filter(({ info }) => info === 'json')
  .map(({ code }) => JSON.parse(code));

const now = '2026-01-01T00:00:00.000Z';
/** When all of them were published. */
export const PUBLISHED = Date.parse(now);
const places = { roomId: '42', id: 'e1', publishedAt: PUBLISHED };

export const details: { type: RoomEventType; detail: object }[] = roomEventTypes.map((type) => ({
  type,
  detail: { ...places, data: sampleEvents[type]('42', now) },
}));

const frames: Message[] = roomEventTypes.map((type) => ({
  type,
  ...places,
  data: sampleEvents[type]('42', now),
  epoch: 'e',
  seq: 2,
  prev: 1,
}));

/** At least one valid message of this type: those of the page, and the samples. */
export function messagesOf(type: string): Message[] {
  return [...shownMessages, ...frames].filter((message) => message.type === type);
}
