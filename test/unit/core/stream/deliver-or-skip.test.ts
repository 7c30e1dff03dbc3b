import { expect, it } from 'vitest';
import { subscribedAnswer } from '../../../../lib/core/messages/subscribed-answer.ts';
import { inStream, position } from './room-events.ts';
import { type StreamRoom, streamRoom } from './stream-room.ts';

const refused = (name = 'ValidationException') => Object.assign(new Error('refused'), { name });

/** A room whose retained values cannot be read together with that of this state. */
function roomThatCannotRead(state: string, error = refused()): StreamRoom {
  const room = streamRoom();
  const { readRetainedValues } = room.deps.store;
  room.deps.store.readRetainedValues = async (roomId, epoch, keys) => {
    if (keys.includes(`position ${state}`)) throw error;
    return readRetainedValues(roomId, epoch, keys);
  };
  return room;
}

it('an event that can never be sent is dead-lettered, and the orders before and after it are sent within seconds', async () => {
  const room = roomThatCannotRead('bad');
  await room.join('a');
  const startedAt = room.deps.clock();
  const stream = [
    inStream(1),
    inStream(2, position('bad')),
    inStream(3),
    inStream(4, position('good')),
    inStream(5),
  ];
  expect(await room.serve(stream)).toEqual([]);
  expect(room.chainOf('a')).toEqual([
    [0, 1],
    [2, 3],
    [3, 4],
    [4, 5],
  ]);
  expect(await room.cursor()).toMatchObject({ seq: 5, lastFrameSeq: 5, deliveredSeq: 5 });
  expect(room.deadLetters).toEqual([{ seq: 2, eventId: 'event-2', reason: 'ValidationException' }]);
  expect(room.notSent).toEqual([1]);
  expect(room.errors).toEqual(['event_skipped']);
  expect(room.deps.clock() - startedAt).toBeLessThan(5_000);
});

it('an event that can never be sent is shown as missing by a ping if no event follows it', async () => {
  const room = roomThatCannotRead('bad');
  await room.serve([inStream(1, position('bad'))]);
  expect(await room.cursor()).toMatchObject({ seq: 1, lastFrameSeq: 1, deliveredSeq: 1 });
});

it('an event at which our own code throws is dead-lettered, too', async () => {
  const room = roomThatCannotRead('bad', new TypeError('cannot read properties of null'));
  expect(await room.serve([inStream(1, position('bad')), inStream(2)])).toEqual([]);
  expect(room.deadLetters).toMatchObject([{ seq: 1, reason: 'TypeError' }]);
});

it('an event that can never be sent is found among hundreds with few attempts', async () => {
  const room = roomThatCannotRead('bad');
  await room.join('a');
  for (let at = 1; at <= 200; at += 10) {
    const batch = Array.from({ length: 10 }, (_, index) => inStream(at + index));
    room.deps.batchSize = 1;
    await room.serve(at === 101 ? [...batch.slice(0, 9), inStream(110, position('bad'))] : batch);
  }
  expect(await room.cursor()).toMatchObject({ seq: 200, deliveredSeq: 200 });
  expect(room.deadLetters).toMatchObject([{ eventId: 'event-110' }]);
  expect(room.chainOf('a')).toHaveLength(199);
});

it('a client that missed an event that can never be sent is answered at once that it cannot recover', async () => {
  const room = roomThatCannotRead('bad');
  await room.serve([inStream(1), inStream(2, position('bad')), inStream(3)]);
  const { epoch } = await room.cursor();
  const connection = { connectionId: 'a', version: 1, rooms: new Map(), ttl: 0 };
  const request = { echo: { roomId: 'r' }, since: { epoch, seq: 0 } };
  const answer = await subscribedAnswer(room.deps, connection, 'r', request);
  expect(answer.data).toMatchObject({ seq: 3, recovered: false, reason: 'too_old' });
  expect(room.errors).toContain('recovery_failed');
});

it('an event that can never be sent stays in its room while the dead-letter queue fails, and goes there afterwards', async () => {
  const room = roomThatCannotRead('bad');
  const { deadLetterEvent } = room.deps;
  room.deps.deadLetterEvent = () => Promise.reject(refused('ServiceUnavailable'));
  const [bad, good] = [inStream(1, position('bad')), inStream(2)];
  expect(await room.serve([bad, good])).toEqual([good]);
  expect(await room.cursor()).toMatchObject({ deliveredSeq: 0 });
  room.deps.deadLetterEvent = deadLetterEvent;
  expect(await room.serve([good])).toEqual([]);
  expect(room.deadLetters).toMatchObject([{ seq: 1 }]);
});

it.each([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'InternalServerError',
  'TimeoutError',
  'AccessDeniedException',
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'ResourceNotFoundException',
  'CredentialsProviderError',
])('a failure such as %s gives up no event, and all are sent when it has passed', async (name) => {
  const room = roomThatCannotRead('p', refused(name));
  const { readRetainedValues } = streamRoom().deps.store;
  await room.join('a');
  const update = inStream(1, position('p'));
  for (let attempt = 0; attempt < 20; attempt += 1) expect(await room.serve([update])).toEqual([update]);
  expect([room.deadLetters, room.notSent]).toEqual([[], []]);
  room.deps.store.readRetainedValues = readRetainedValues;
  expect(await room.serve([update])).toEqual([]);
  expect(room.chainOf('a')).toEqual([[0, 1]]);
});

it('a failure that looks permanent and ends within a second gives up no event', async () => {
  const room = streamRoom();
  const { readRetainedValues } = room.deps.store;
  let tries = 0;
  room.deps.store.readRetainedValues = async (...states) => {
    tries += 1;
    if (tries < 4) throw refused();
    return readRetainedValues(...states);
  };
  await room.join('a');
  expect(await room.serve([inStream(1, position('p'))])).toEqual([]);
  expect([room.deadLetters, room.chainOf('a')]).toEqual([[], [[0, 1]]]);
});

const roomThatCannotLog = (id: string, error = refused('SerializationException')) => {
  const room = streamRoom();
  const { putEvent } = room.deps.store;
  room.deps.store.putEvent = async (roomId, epoch, event) => {
    if (event.id === id) throw error;
    return putEvent(roomId, epoch, event);
  };
  return room;
};

it('an event that the log can never take is dead-lettered, and clients see that they miss it', async () => {
  const room = roomThatCannotLog('event-2');
  await room.join('a');
  expect(await room.serve([inStream(1), inStream(2), inStream(3)])).toEqual([]);
  expect(room.chainOf('a')).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(room.deadLetters).toEqual([{ seq: 2, eventId: 'event-2', reason: 'SerializationException' }]);
  expect(room.notSent).toEqual([1]);
});

it('the number of an event that the log can never take stays empty when its batch is redelivered', async () => {
  const room = roomThatCannotLog('event-1');
  await room.join('a');
  await room.serve([inStream(1), inStream(2)]);
  expect(await room.serve([inStream(1), inStream(2), inStream(3)])).toEqual([]);
  expect(room.chainOf('a')).toEqual([
    [1, 2],
    [2, 3],
  ]);
});

it('a batch is retried as a whole after a transient failure of the log', async () => {
  const room = roomThatCannotLog('event-2', refused('ThrottlingException'));
  const stream = [inStream(1), inStream(2)];
  expect(await room.serve(stream)).toEqual(stream);
  expect([room.deadLetters, room.errors]).toEqual([[], ['events_not_logged']]);
});

it('a state whose retained value can never be saved is sent, and holds up nobody', async () => {
  const room = streamRoom();
  room.deps.store.putRetainedValue = () => Promise.reject(refused());
  await room.join('a');
  expect(await room.serve([inStream(1, position('p')), inStream(2)])).toEqual([]);
  expect(room.chainOf('a')).toHaveLength(2);
  expect([room.errors, room.deadLetters]).toEqual([['retained_value_not_saved'], []]);
});
