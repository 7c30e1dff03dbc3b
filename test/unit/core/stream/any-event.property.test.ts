import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postingProcess } from '../../../../lib/core/broadcast/broadcast-slice.ts';
import { subscribedAnswer } from '../../../../lib/core/messages/subscribed-answer.ts';
import {
  consumeRoom,
  type QueuedMessage,
  type StreamDeps,
} from '../../../../lib/core/stream/consume-room.ts';
import { parseRoomEvent, serializeEvent } from '../../../../lib/protocol/parse-room-event.ts';
import { roomEventTypes } from '../../../../lib/protocol/room-events.ts';
import { decodeQueuedMessage, roomStreams } from '../../../../lib/queue/room-streams.ts';
import { dynamoDbStore } from '../../../../lib/store/dynamodb-store.ts';
import { availableEngines, type DynamoDbEngine, startDynalite } from '../../../support/dynamodb-engines.ts';
import { isLongForm } from '../../../support/long-form.ts';
import { errorsInto, noLog } from '../../../support/recording-log.ts';
import { aMembership } from '../../../support/rows.ts';
import { START } from '../../../support/virtual-time.ts';
import { scriptedGateway } from '../scripted-gateway.ts';
import { skippingTime } from '../skipping-time.ts';
import { inStream, sequenceNumber } from './room-events.ts';

/** Texts that a key, an id, a hash or an XML parser may stumble over. */
const oddText = fc.oneof(
  fc.constantFrom('', '\0', '\ud800', '\ud801', '\udfff', 'x\ud83d', '\ud83d\ude00', '\ufffe', '\ufffd'),
  fc.constantFrom('__proto__', 'constructor', 'toJSON', 'HEAD', '#', 'x'.repeat(5_000), 'é'.repeat(3_000)),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 })).map((units) => String.fromCharCode(...units)),
);
const oddValue = fc.oneof(
  oddText,
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom<unknown>(null, true, {}, [], { __proto__: null }),
  fc.jsonValue(),
  fc.dictionary(oddText, oddText),
);
const anyEvent = fc.record({
  type: fc.constantFrom(...roomEventTypes, 'position_update' as const, 'position_closed' as const),
  busEventId: oddText,
  detail: fc.record(
    {
      data: fc.oneof(
        fc.record({ positionId: oddText }),
        fc.dictionary(fc.oneof(oddText, fc.constantFrom('positionId', 'price', 'symbol')), oddValue),
      ),
      id: oddValue,
      publishedAt: fc.oneof(oddValue, fc.constant(START), fc.constant(START - 1)),
    },
    { requiredKeys: ['data'] },
  ),
});
type AnyEvent = typeof anyEvent extends fc.Arbitrary<infer Event> ? Event : never;

/** The body that the ingest puts into the stream, or undefined where it refuses the event. */
async function streamBody(
  { type, busEventId, detail }: AnyEvent,
  roomId: string,
): Promise<string | undefined> {
  // As it arrives: JSON.
  const arrived = JSON.parse(JSON.stringify({ ...detail, roomId }));
  const parsed = parseRoomEvent(arrived, { detailType: type, id: busEventId, time: START });
  const read = parsed.ok ? serializeEvent(parsed.value) : parsed;
  if (!read.ok) return undefined;
  const bodies: string[] = [];
  const send = async ({ input }: { input: { MessageBody: string } }) => void bodies.push(input.MessageBody);
  await roomStreams(
    { send: async (command: never) => (await send(command)) ?? {} } as never,
    'q',
  ).enqueueEvent(read.value);
  return bodies[0];
}

const engines = isLongForm ? availableEngines() : { dynalite: startDynalite };
for (const [name, start] of Object.entries(engines)) {
  describe(`a room on ${name}`, () => {
    let engine: DynamoDbEngine;
    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.stop());

    it('after any two events that were accepted a room sends an order, and can be recovered', async () => {
      let rooms = 0;
      const property = fc.asyncProperty(anyEvent, anyEvent, async (one, other) => {
        rooms += 1;
        const roomId = `any-${rooms}`;
        const bodies = [await streamBody(one, roomId), await streamBody(other, roomId)];
        const messages = bodies.flatMap((body, index): QueuedMessage[] =>
          body === undefined ? [] : [decodeQueuedMessage(body, sequenceNumber(index + 1))],
        );
        const { gateway, deps, errors } = roomOn(engine);
        await deps.store.putMembership(aMembership({ roomId, connectionId: 'member' }));
        const order = { ...inStream(9), event: { ...inStream(9).event, roomId } };
        expect(await consumeRoom(deps, roomId, messages)).toEqual([]);
        expect(await consumeRoom(deps, roomId, [order])).toEqual([]);
        expect(gateway.framesOf('member').at(-1)).toMatchObject({ id: 'event-9' });
        const cursor = await deps.store.readCursor(roomId);
        const request = { echo: { roomId }, since: { epoch: cursor?.epoch ?? '', seq: 0 } };
        const answer = await subscribedAnswer(
          { ...deps, log: noLog },
          { connectionId: 'member', version: 1, rooms: new Map(), ttl: 0 },
          roomId,
          request,
        );
        expect(answer.data).toMatchObject({ recovered: true });
        expect(errors).toEqual([]);
      });
      await fc.assert(property, {
        numRuns: isLongForm ? 60 : 12,
        examples: [
          [positionOf('\ud800'), positionOf('\ud801')],
          [positionOf('x\ud83d'), positionOf('\ud83d\ude00')],
        ],
      });
    });
  });
}

function positionOf(positionId: string): AnyEvent {
  return { type: 'position_update', busEventId: 'bus-id', detail: { data: { positionId } } };
}

function roomOn({ client, tableName }: DynamoDbEngine) {
  const time = skippingTime();
  const gateway = scriptedGateway();
  const errors: string[] = [];
  const deps: StreamDeps = {
    ...time,
    ...postingProcess(time),
    store: dynamoDbStore({ client, tableName, clock: time.clock }),
    gateway,
    log: errorsInto(errors),
    onDelivered: () => undefined,
    onNotSent: () => errors.push('not sent'),
    deadLetterEvent: async () => void errors.push('dead letter'),
    async invokeWorker() {
      throw new Error('a small room has no workers');
    },
    requestDelivery: async () => undefined,
    postsPerSecond: 1_000_000,
    deliveryIntervalMs: 0,
    logTtlMs: 600_000,
    batchSize: 10,
  };
  return { gateway, deps, errors };
}
