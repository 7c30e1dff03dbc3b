import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { clientMessageData, isClientMessageType } from '../../lib/protocol/client-messages.ts';
import { parseClientMessage } from '../../lib/protocol/parse-client-message.ts';
import { parseRoomEvent } from '../../lib/protocol/parse-room-event.ts';
import { serverAnswerSchema, serverMessageSchema } from '../../lib/protocol/server-messages.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';

const protocol = readDocument('docs/protocol.md');
const examples = codeBlocks(protocol).filter(({ info }) => info.startsWith('json'));

describe('docs/protocol.md', () => {
  it.each(examples)('docs/protocol.md shows a message that its schema accepts: $code', ({ info, code }) => {
    const message = JSON.parse(code);
    if (info === 'json event') {
      const origin = { detailType: 'order_executed', id: 'e', time: message.publishedAt };
      expect(parseRoomEvent(message, origin)).toMatchObject({ ok: true });
    } else if (isClientMessageType(message.type)) {
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
});
