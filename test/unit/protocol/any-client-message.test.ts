import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ClientMessageType, clientMessageData } from '../../../lib/protocol/client-messages.ts';
import { errorCodes } from '../../../lib/protocol/error-codes.ts';
import { EPOCH_LENGTH } from '../../../lib/protocol/event-frame.ts';
import {
  parseClientMessage,
  type Refusal,
  refuseUnroutable,
} from '../../../lib/protocol/parse-client-message.ts';

const types = Object.keys(clientMessageData) as ClientMessageType[];
const anyType = fc.constantFrom(...types);

const envelope = fc.record(
  {
    type: fc.oneof(anyType, fc.jsonValue()),
    data: fc.oneof(
      fc.jsonValue(),
      fc.record({ roomId: fc.jsonValue(), bullPenId: fc.jsonValue() }, { requiredKeys: [] }),
    ),
    id: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const anyBody = fc.oneof(
  fc.constant(undefined),
  fc.string({ unit: 'binary' }),
  fc.json(),
  envelope.map((message) => JSON.stringify(message)),
);

function expectRefusal(refusal: Refusal): void {
  expect(Object.keys(errorCodes)).toContain(refusal.code);
  expect(refusal.message).not.toBe('');
}

it('any body whatsoever is a message of its route or a refusal with a code of the protocol', () => {
  const holds = fc.property(anyType, anyBody, (type, body) => {
    const parsed = parseClientMessage(type, body);
    if (parsed.ok) expect(parsed.message.type).toBe(type);
    else expectRefusal(parsed);
  });
  fc.assert(holds);
});

it('any body whatsoever is refused by the default route', () => {
  fc.assert(fc.property(anyBody, (body) => expectRefusal(refuseUnroutable(body))));
});

const secret = 'S3cr3t';
const secrets = fc.constantFrom(secret, `${secret} `, `#${secret}`, `${secret}${'x'.repeat(130)}`);
const secretData = fc.oneof(
  secrets,
  fc.object({ key: fc.oneof(secrets, fc.constantFrom('roomId', 'bullPenId')), values: [secrets] }),
);
const message = fc.record(
  { type: fc.oneof(anyType, fc.constant('chat')), data: secretData, id: fc.constant([secret]) },
  { requiredKeys: ['type', 'data'] },
);
const text = message.map((value) => JSON.stringify(value));
const broken = fc
  .tuple(text, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([whole, part]) => whole.slice(0, Math.floor(whole.length * part)));

it('a refusal repeats nothing of what it refuses', () => {
  const holds = fc.property(anyType, fc.oneof(text, broken), (type, body) => {
    expect(JSON.stringify(refuseUnroutable(body))).not.toContain(secret);
    expect(JSON.stringify(parseClientMessage(type === 'auth' ? 'ping' : type, body))).not.toMatch(
      new RegExp(`"ok":false.*${secret}`),
    );
  });
  fc.assert(holds);
});

it('a refusal has no type in its sentence that the client made up', () => {
  const body = JSON.stringify({ type: secret, data: {} });
  expect(refuseUnroutable(body).message).not.toContain(secret);
  expect(parseClientMessage('ping', body)).not.toMatchObject({ message: expect.stringContaining(secret) });
});

const roomId = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_.:-]{1,128}$/), fc.maxSafeNat());
const room = fc.oneof(
  fc.record({ roomId }),
  fc.record({ bullPenId: roomId }),
  roomId.map((same) => ({ roomId: same, bullPenId: String(same) })),
);
const roomName = fc.string();
const asks = fc.record(
  {
    since: fc.record({ epoch: fc.string({ maxLength: EPOCH_LENGTH }), seq: fc.maxSafeNat() }),
    snapshot: fc.boolean(),
    batch: fc.boolean(),
  },
  { requiredKeys: [] },
);
const id = fc.oneof(fc.string({ maxLength: 128 }), fc.maxSafeInteger());
const withId = <Data>(type: ClientMessageType, data: fc.Arbitrary<Data>) =>
  fc.record({ type: fc.constant(type), data, id }, { requiredKeys: ['type', 'data'] });
const valid = fc.oneof(
  withId('auth', fc.record({ token: fc.string() })),
  withId(
    'subscribe_room',
    fc.tuple(room, asks).map(([where, how]) => ({ ...where, ...how })),
  ),
  withId('unsubscribe_room', room),
  withId('ping', fc.record({ rooms: fc.dictionary(roomName, fc.maxSafeNat()) }, { requiredKeys: [] })),
);

it('a valid message is taken with all that the client wrote, and survives being stored as JSON', () => {
  const holds = fc.property(valid, (sent) => {
    const parsed = parseClientMessage(sent.type, JSON.stringify(sent));
    if (!parsed.ok) throw new Error(parsed.message);
    const { message } = parsed;
    const { roomId: _, echo = {}, ...others } = message.data as { roomId?: string; echo?: object };
    expect({ ...message, data: { ...echo, ...others } }).toEqual(sent);
    expect(JSON.parse(JSON.stringify(message))).toEqual(message);
  });
  fc.assert(holds);
});
