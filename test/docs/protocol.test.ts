import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { clientMessageData, isClientMessageType } from '../../lib/protocol/client-messages.ts';
import { errorCodes } from '../../lib/protocol/error-codes.ts';
import { parseClientMessage } from '../../lib/protocol/parse-client-message.ts';
import { parseRoomEvent } from '../../lib/protocol/parse-room-event.ts';
import { roomEventData } from '../../lib/protocol/room-events.ts';
import { serverAnswerSchema, serverMessageSchema } from '../../lib/protocol/server-messages.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';

const protocol = readDocument('PROTOCOL.md');
const examples = codeBlocks(protocol).filter(({ info }) => info.startsWith('json'));

describe('PROTOCOL.md', () => {
  it.each(examples)('shows a message that its schema accepts: $code', ({ info, code }) => {
    const message = JSON.parse(code);
    if (info === 'json event') {
      expect(parseRoomEvent(message, { detailType: 'order_executed', id: 'e', time: 0 })).toMatchObject({
        ok: true,
      });
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
    const listed = [...protocol.matchAll(/^\| `(\w+)` \| (yes|no) \| (.*) \| (.*) \|$/gm)].map(
      ([, code, closes, meaning, remedy]) => [code, { closes: closes === 'yes', meaning, remedy }],
    );
    expect(Object.fromEntries(listed)).toEqual(errorCodes);
  });

  it('lists every field of every event', () => {
    for (const [type, schema] of Object.entries(roomEventData)) {
      const line = protocol.split('\n').find((text) => text.startsWith(`| \`${type}\` | bullPenId`));
      const fields = line?.split('|')[2]?.replaceAll('[]', '').trim().split(', ');
      expect(fields?.sort()).toEqual(Object.keys(schema.entries).sort());
    }
  });
});

describe('the documents', () => {
  it.each(['README.md', 'PROTOCOL.md', 'ARCHITECTURE.md'])(
    '%s links to headings and files that exist',
    (name) => {
      const document = readDocument(name);
      for (const [, target = ''] of document.matchAll(/\]\(([^)h][^)]*)\)/g)) {
        const [file = '', anchor] = target.split('#');
        const linked = file === '' ? document : file.endsWith('.md') ? readDocument(file) : '';
        if (anchor === undefined) continue;
        const anchors = [...linked.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
          heading
            .toLowerCase()
            .replace(/[^\w\- ]/g, '')
            .replaceAll(' ', '-'),
        );
        expect(anchors).toContain(anchor);
      }
    },
  );
});
