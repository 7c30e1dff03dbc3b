import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { clientMessageData, isClientMessageType } from '../../lib/protocol/client-messages.ts';
import { errorCodes } from '../../lib/protocol/error-codes.ts';
import { parseClientMessage } from '../../lib/protocol/parse-client-message.ts';
import { parseRoomEvent } from '../../lib/protocol/parse-room-event.ts';
import { roomEventData } from '../../lib/protocol/room-events.ts';
import { serverAnswerSchema, serverMessageSchema } from '../../lib/protocol/server-messages.ts';
import { conflation } from '../../lib/protocol/state-keys.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';

const protocol = readDocument('docs/protocol.md');
const examples = codeBlocks(protocol).filter(({ info }) => info.startsWith('json'));

describe('docs/protocol.md', () => {
  it.each(examples)('shows a message that its schema accepts: $code', ({ info, code }) => {
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

  it('has an example of every client message and of every answer', () => {
    const shown = new Set(examples.map(({ code }) => JSON.parse(code).type));
    const answers = serverAnswerSchema.options.map((option) => option.entries.type.literal);
    for (const type of [...Object.keys(clientMessageData), ...answers]) expect(shown).toContain(type);
  });

  it('lists every error code with what the catalogue says of it', () => {
    const listed = [...protocol.matchAll(/^\| `(\w+)` \| (yes|no|if unknown) \| (.*) \| (.*) \|$/gm)].map(
      ([, code, closes, meaning, remedy]) => [code, { closes, meaning, remedy }],
    );
    expect(Object.fromEntries(listed)).toEqual(errorCodes);
  });

  it('says of every event whether each is sent, or the newest of its state', () => {
    const [, table = ''] = protocol.split('What is sent when much happens at once:');
    const lines = [...table.matchAll(/^\| `(\w+)` \| (the newest|every one)/gm)];
    const said = lines.map(([, type, which]) => [type, which === 'the newest']);
    const policies = Object.entries(conflation).map(([type, { send }]) => [type, send === 'newest']);
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(policies));
  });

  it('lists every field of every event', () => {
    for (const [type, schema] of Object.entries(roomEventData)) {
      const isLine = (text: string) => text.startsWith(`| \`${type}\` |`) && text.includes('bullPenId');
      const line = protocol.split('\n').find(isLine);
      const fields = line?.split('|')[2]?.replaceAll('[]', '').trim().split(', ');
      expect(fields?.sort()).toEqual(Object.keys(schema.entries).sort());
    }
  });
});
