import fc from 'fast-check';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { encodeAnswer, errorAnswer, originOf, roomAnswer } from '../../../lib/core/connection/answers.ts';
import { refusalAnswer } from '../../../lib/lambda/websocket-routes.ts';
import { type ErrorCode, errorCodes } from '../../../lib/protocol/error-codes.ts';
import { refuseUnroutable } from '../../../lib/protocol/parse-client-message.ts';
import { type ServerAnswer, serverMessageSchema } from '../../../lib/protocol/server-messages.ts';

const codes = Object.keys(errorCodes) as ErrorCode[];
const id = fc.option(fc.oneof(fc.string({ maxLength: 128 }), fc.maxSafeInteger()), { nil: undefined });
const roomId = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_.:-]{1,128}$/), fc.maxSafeNat());
const echo = fc.record({ roomId, bullPenId: roomId }, { requiredKeys: [] });

function expectFrame(answer: ServerAnswer): void {
  const frame = JSON.parse(new TextDecoder().decode(encodeAnswer(answer)));
  expect(v.safeParse(serverMessageSchema, frame).issues).toBeUndefined();
  expect(frame).toEqual(answer);
}

it.each(codes)('a frame of the error %s that the server makes is one of the protocol', (code) => {
  const holds = fc.property(fc.string(), id, echo, (type, requestId, room) => {
    const message = requestId === undefined ? { type } : { type, id: requestId };
    expectFrame(errorAnswer(code, { ...originOf(message), room }));
    expectFrame(errorAnswer(code));
  });
  fc.assert(holds);
});

it.each(['subscribe_pending', 'room_unsubscribed'] as const)(
  'a frame that the server makes is one of the protocol: %s',
  (type) => {
    const holds = fc.property(id, echo, (requestId, room) => {
      expectFrame(roomAnswer(type, requestId === undefined ? { echo: room } : { id: requestId, echo: room }));
    });
    fc.assert(holds);
  },
);

it('a refusal of any client message is a frame of the protocol', () => {
  const message = fc.record({ type: fc.string(), id: fc.jsonValue() }, { requiredKeys: [] });
  const body = fc.oneof(
    fc.string(),
    message.map((value) => JSON.stringify(value)),
  );
  fc.assert(fc.property(body, (text) => expectFrame(refusalAnswer(refuseUnroutable(text)))));
});

const event = {
  type: 'position_update',
  data: {},
  roomId: '42',
  id: 'i',
  publishedAt: 1,
  epoch: 'e',
  seq: 2,
  prev: 1,
};

it.each([
  event,
  { ...event, prev: undefined },
  { type: 'batch', data: { events: [event, { ...event, seq: 3, prev: 2 }] } },
  { type: 'room_subscribed', data: { bullPenId: 7, epoch: 'e', seq: 0, recovered: true, events: [] } },
  {
    type: 'room_subscribed',
    data: { roomId: 'r', epoch: 'e', seq: 2, recovered: false, reason: 'too_old', snapshot: [event] },
  },
  { type: 'pong', data: { rooms: { r: 2 } }, id: 7 },
])('a frame of the protocol may be %j', (frame) => {
  expect(v.safeParse(serverMessageSchema, frame).issues).toBeUndefined();
});

it.each([
  { type: 'pong', data: {}, addedLater: true },
  { type: 'auth_success', data: { userId: 'alice', expiresAt: 1, addedLater: true } },
  { ...event, addedLater: true },
  { type: 'batch', data: { events: [event], addedLater: true } },
  {
    type: 'room_subscribed',
    data: { roomId: 'r', epoch: 'e', seq: 1, recovered: false, addedLater: true },
  },
])('a frame of the protocol may have fields that were added later: %j', (frame) => {
  expect(v.is(serverMessageSchema, frame)).toBe(true);
});

it.each([
  {},
  { type: 'pong' },
  { type: 'hello', data: {} },
  { type: 'error', data: { code: 'oops', message: 'no such code' } },
  { type: 'auth_success', data: { userId: 7, expiresAt: 1 } },
  { type: 'auth_success', data: { userId: 'alice', expiresAt: '2030' } },
  { type: 'position_update', data: {}, roomId: 42, id: 'i', publishedAt: 1 },
  { type: 'position_update', data: {}, roomId: '42', id: 'i', publishedAt: null },
  { type: 'position_update', data: {}, roomId: '42', publishedAt: 1 },
  { ...event, epoch: undefined },
  { ...event, seq: -1 },
  { ...event, seq: 1.5 },
  { ...event, prev: '1' },
  { type: 'batch', data: {} },
  { type: 'batch', data: { events: [{ ...event, seq: null }] } },
  { type: 'room_subscribed', data: { roomId: 'r' } },
  { type: 'room_subscribed', data: { roomId: 'r', epoch: 'e', seq: 1, recovered: false, reason: 'luck' } },
  { type: 'pong', data: { rooms: { r: -1 } } },
])('a frame is none of the protocol: %j', (frame) => {
  expect(v.is(serverMessageSchema, frame)).toBe(false);
});
