import fc from 'fast-check';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { eventFrame } from '../../../lib/protocol/event-frame.ts';
import { parseRoomEvent, serializeEvent } from '../../../lib/protocol/parse-room-event.ts';
import { roomEventTypes } from '../../../lib/protocol/room-events.ts';
import { eventFrameSchema, serverMessageSchema } from '../../../lib/protocol/server-messages.ts';

const anyType = fc.constantFrom(...roomEventTypes);
const origin = { id: 'event-bridge-id', time: 1_790_000_000_000 };

const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const knownFields = fc.record(
  { bullPenId: scalar, price: scalar, quantity: scalar, updatedAt: scalar, status: fc.string() },
  { requiredKeys: [] },
);
const ownFields = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toJSON', 'constructor')),
  fc.jsonValue(),
);
const validDetail = fc.record(
  {
    roomId: fc.oneof(fc.stringMatching(/^[A-Za-z0-9_.:-]{1,128}$/), fc.maxSafeNat()),
    data: fc.tuple(ownFields, knownFields).map(([own, known]) => ({ own, ...known })),
    id: fc.string({ minLength: 1, maxLength: 256 }),
    publishedAt: fc.double({ min: origin.time - 86_400_000, max: origin.time + 86_400_000, noNaN: true }),
  },
  { requiredKeys: ['roomId', 'data'] },
);

const anyDetail = fc.oneof(
  fc.anything(),
  fc.jsonValue(),
  fc.record({ roomId: fc.jsonValue(), data: fc.anything(), id: fc.jsonValue() }, { requiredKeys: [] }),
);

it('any detail whatsoever is an event of its type or refused with a code, never an exception', () => {
  const holds = fc.property(anyType, anyDetail, (detailType, detail) => {
    const parsed = parseRoomEvent(detail, { ...origin, detailType });
    if (parsed.ok) expect(parsed.value.type).toBe(detailType);
    else expect(parsed.code).toBe('invalid_event');
  });
  fc.assert(holds);
});

it('any detail with a type that is none is unknown_event', () => {
  const noType = fc.string().filter((type) => !roomEventTypes.some((known) => known === type));
  const holds = fc.property(noType, anyDetail, (detailType, detail) => {
    expect(parseRoomEvent(detail, { ...origin, detailType })).toMatchObject({ code: 'unknown_event' });
  });
  fc.assert(holds);
});

it('a refusal quotes no value of the detail', () => {
  const secret = 'S3cr3t';
  const secrets = fc.constantFrom(secret, `${secret} #`, [secret], { [secret]: secret });
  const field = fc.constantFrom('price', 'rankings', 'symbol', 'quantity', 'bullPenId', secret);
  const detail = fc.record(
    {
      roomId: fc.oneof(secrets, fc.constant('r')),
      data: fc.oneof(secrets, fc.dictionary(field, secrets)),
      id: fc.oneof(secrets, fc.constant(secret.repeat(100))),
      publishedAt: fc.oneof(secrets, fc.constant(1)),
    },
    { requiredKeys: ['roomId'] },
  );
  const holds = fc.property(anyType, detail, (detailType, value) => {
    const parsed = parseRoomEvent(value, { ...origin, detailType });
    if (!parsed.ok) expect(parsed.message).not.toContain(secret);
  });
  fc.assert(holds);
});

it('a valid event reaches clients with exactly the data that was published, in a frame of the protocol', () => {
  const holds = fc.property(anyType, validDetail, (detailType, detail) => {
    const onArrival = JSON.parse(JSON.stringify(detail));
    const parsed = parseRoomEvent(onArrival, { ...origin, detailType });
    if (!parsed.ok) throw new Error(parsed.message);
    const serialized = serializeEvent(parsed.value);
    if (!serialized.ok) throw new Error(serialized.message);
    const frame = JSON.parse(eventFrame(serialized.value, { epoch: 'e', seq: 2, prev: 1 }));
    expect(v.is(serverMessageSchema, frame)).toBe(true);
    expect(v.is(eventFrameSchema, frame)).toBe(true);
    expect(JSON.stringify(frame.data)).toBe(JSON.stringify(onArrival.data));
    expect(frame).toMatchObject({ epoch: 'e', seq: 2, prev: 1 });
  });
  fc.assert(holds);
});

it('a valid event that passes before it is sent passes on arrival', () => {
  const holds = fc.property(anyType, validDetail, (detailType, detail) => {
    const event = { ...origin, detailType };
    const sent = parseRoomEvent(detail, event);
    const arrived = parseRoomEvent(JSON.parse(JSON.stringify(detail)), event);
    expect(sent.ok).toBe(true);
    expect(JSON.stringify(arrived)).toBe(JSON.stringify(sent));
  });
  fc.assert(holds);
});
