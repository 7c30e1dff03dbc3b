import * as v from 'valibot';
import { expect, it } from 'vitest';
import { clientMessageData, isClientMessageType } from '../../lib/protocol/client-messages.ts';
import { parseClientMessage } from '../../lib/protocol/parse-client-message.ts';
import { parseRoomEvent } from '../../lib/protocol/parse-room-event.ts';
import { serverAnswerSchema, serverMessageSchema } from '../../lib/protocol/server-messages.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';

const examplesIn = (page: string) =>
  codeBlocks(readDocument(page)).filter(({ info }) => info.startsWith('json'));
const examples = examplesIn('docs/protocol.md');

it.each(examples)('docs/protocol.md shows a message that its schema accepts: $code', ({ code }) => {
  const message = JSON.parse(code);
  if (isClientMessageType(message.type)) {
    expect(parseClientMessage(message.type, code)).toMatchObject({ ok: true });
  } else {
    expect(v.safeParse(serverMessageSchema, message)).toMatchObject({ success: true });
  }
});

it('docs/protocol.md has an example of every client message and of every answer', () => {
  const shown = new Set(examples.map(({ code }) => JSON.parse(code).type));
  const answers = serverAnswerSchema.options.map((option) => option.entries.type.literal);
  for (const type of [...Object.keys(clientMessageData), ...answers]) expect(shown).toContain(type);
});

it.each(examplesIn('docs/bus.md'))(
  'docs/bus.md shows an event that the ingest accepts: $code',
  ({ code }) => {
    const message = JSON.parse(code);
    const origin = { detailType: 'order_executed', id: 'e', time: message.publishedAt };
    expect(parseRoomEvent(message, origin)).toMatchObject({ ok: true });
  },
);
