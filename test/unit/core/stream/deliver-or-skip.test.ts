import { describe, expect, it } from 'vitest';
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

describe('an event that its room can never be sent', () => {
  it('is dead-lettered and counted, and the orders before and after it are sent within seconds', async () => {
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

  it('is known to be missing by a ping if no event follows it', async () => {
    const room = roomThatCannotRead('bad');
    await room.serve([inStream(1, position('bad'))]);
    expect(await room.cursor()).toMatchObject({ seq: 1, lastFrameSeq: 1, deliveredSeq: 1 });
  });

  it('fails by what our own code throws at it, too', async () => {
    const room = roomThatCannotRead('bad', new TypeError('cannot read properties of null'));
    expect(await room.serve([inStream(1, position('bad')), inStream(2)])).toEqual([]);
    expect(room.deadLetters).toMatchObject([{ seq: 1, reason: 'TypeError' }]);
  });

  it('is one of hundreds, and found among them by few attempts', async () => {
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

  it('answers a returning client at once that it cannot recover', async () => {
    const room = roomThatCannotRead('bad');
    await room.serve([inStream(1), inStream(2, position('bad')), inStream(3)]);
    const { epoch } = await room.cursor();
    const connection = { connectionId: 'a', version: 1, rooms: new Map(), ttl: 0 };
    const request = { echo: { roomId: 'r' }, since: { epoch, seq: 0 } };
    const answer = await subscribedAnswer(room.deps, connection, 'r', request);
    expect(answer.data).toMatchObject({ seq: 3, recovered: false, reason: 'too_old' });
    expect(room.errors).toContain('recovery_failed');
  });

  it('stays with the room while the queue of dead letters is away, and goes there when it is back', async () => {
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
});

describe('a failure that may pass', () => {
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
  ])('such as %s gives up nothing, and the events are sent when it has passed', async (name) => {
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

  it('skips nothing after a failure that looks permanent and ends within a second', async () => {
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
});

describe('an event that the log can never take', () => {
  const roomThatCannotLog = (id: string, error = refused('SerializationException')) => {
    const room = streamRoom();
    const { putEvent } = room.deps.store;
    room.deps.store.putEvent = async (roomId, epoch, event) => {
      if (event.id === id) throw error;
      return putEvent(roomId, epoch, event);
    };
    return room;
  };

  it('is dead-lettered, its number stays empty, and clients see that they miss it', async () => {
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

  it('keeps its number where the batch comes again: those behind it have theirs', async () => {
    const room = roomThatCannotLog('event-1');
    await room.join('a');
    await room.serve([inStream(1), inStream(2)]);
    expect(await room.serve([inStream(1), inStream(2), inStream(3)])).toEqual([]);
    expect(room.chainOf('a')).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it('is retried as a whole after a transient failure', async () => {
    const room = roomThatCannotLog('event-2', refused('ThrottlingException'));
    const stream = [inStream(1), inStream(2)];
    expect(await room.serve(stream)).toEqual(stream);
    expect([room.deadLetters, room.errors]).toEqual([[], ['events_not_logged']]);
  });
});

describe('a state whose retained value can never be kept', () => {
  it('has been sent, and holds up nobody', async () => {
    const room = streamRoom();
    room.deps.store.putRetainedValue = () => Promise.reject(refused());
    await room.join('a');
    expect(await room.serve([inStream(1, position('p')), inStream(2)])).toEqual([]);
    expect(room.chainOf('a')).toHaveLength(2);
    expect([room.errors, room.deadLetters]).toEqual([['state_not_kept'], []]);
  });
});
