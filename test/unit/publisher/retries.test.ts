import { expect, it } from 'vitest';
import { MAX_CLOCK_DISTANCE_MS } from '../../../lib/protocol/limits.ts';
import { manualTime } from '../../support/manual-time.ts';
import { httpError, order, publishing, refused, taken } from './publishing.ts';

const HOUR_MS = 3_600_000;

/** The SDK has learned the right time from the answer. */
function clockCorrected(): Error {
  const error = httpError('InvalidSignatureException', 403);
  return Object.assign(error, { $metadata: { httpStatusCode: 403, clockSkewCorrected: true } });
}

it('a publisher puts only the failed entries again, with the same ids', async () => {
  const { publisher, time, calls } = publishing([[taken, refused('ThrottlingException'), taken]]);
  const report = await time.run(publisher.publish([order(1, 'a'), order(2, 'b'), order(3, 'c')]));
  expect(report.published).toBe(3);
  expect(calls()).toEqual([['order-1', 'order-2', 'order-3'], ['order-2']]);
});

it('a publisher lets nothing of a room overtake its event that is tried again', async () => {
  const { publisher, time, calls } = publishing([[refused('InternalFailure')]]);
  const first = publisher.publish([order(1)]);
  await time.advance(0);
  const later = publisher.publish([order(2)]);
  await time.run(Promise.all([first, later]));
  expect(calls()).toEqual([['order-1'], ['order-1', 'order-2']]);
});

it('a publisher reports what EventBridge refuses for good, and why, and does not try again', async () => {
  const { publisher, calls, failures } = publishing([[taken, refused('NotAuthorizedForSourceException')]]);
  const failure = {
    type: 'order_executed',
    roomId: '42',
    id: 'order-2',
    code: 'NotAuthorizedForSourceException',
    message: 'NotAuthorizedForSourceException, said EventBridge',
  };
  expect(await publisher.publish([order(1), order(2)])).toEqual({
    published: 1,
    superseded: 0,
    failed: [{ index: 1, ...failure }],
  });
  expect(failures).toEqual([failure]);
  expect(calls()).toHaveLength(1);
});

it('an event that is retried for as long as possible is given up before the ingest would refuse it as more than a day old', async () => {
  const time = manualTime();
  // By the clock of the publisher, each call takes an hour.
  let calls = 0;
  const send = async () => {
    calls += 1;
    return { Entries: [refused('InternalFailure')] };
  };
  const now = () => time.now() + calls * HOUR_MS;
  const { publisher } = publishing([], {
    client: { send },
    time: { ...time, now },
    giveUpAfterMs: Number.POSITIVE_INFINITY,
  });
  const began = now();
  const { failed } = await time.run(publisher.publish([order(1)]));
  expect(failed).toMatchObject([{ code: 'InternalFailure' }]);
  expect(calls).toBeGreaterThan(20);
  expect(now() - began).toBeLessThan(MAX_CLOCK_DISTANCE_MS);
});

it.each([
  ['throttled', httpError('ThrottlingException', 400)],
  ['an error of EventBridge', httpError('InternalException', 500)],
  ['unavailable', httpError('ServiceUnavailable', 503)],
  ['too many requests, by status alone', httpError('UnknownError', 429)],
  ['a clock that was wrong', clockCorrected()],
  ['credentials that cannot be had', Object.assign(new Error('none'), { name: 'CredentialsProviderError' })],
  ['a metadata endpoint that fails', httpError('CredentialsProviderError', 400)],
  ['credentials that have just expired', httpError('ExpiredTokenException', 400)],
  ['credentials that are too new', httpError('UnrecognizedClientException', 400)],
  ['an identity provider that is away', httpError('IDPCommunicationError', 400)],
  ['a signature by a key that was just replaced', httpError('InvalidSignatureException', 403)],
  ['a clock that runs late', httpError('RequestExpired', 400)],
  ['an answer that came too late', httpError('RequestTimeout', 408)],
  ['the page of a proxy with a status that is final', httpError('SyntaxError', 403)],
  ['a page in place of an answer', httpError('SyntaxError', 200)],
  ['an error without a name, of a load balancer', httpError('Unknown', 404)],
  ['a broken network', Object.assign(new Error('ECONNRESET'), { name: 'Error' })],
])('a publisher tries again if a call fails: %s', async (_, error) => {
  const { publisher, time, calls } = publishing([error, error]);
  expect((await time.run(publisher.publish([order(1)]))).published).toBe(1);
  expect(calls()).toHaveLength(3);
});

it.each([
  ['access denied', httpError('AccessDeniedException', 400)],
  ['no such bus', httpError('ResourceNotFoundException', 400)],
  ['no region', new Error('Region is missing')],
  [
    'a region that is none',
    new Error('Region not accepted: region="a b" is not a valid hostname component.'),
  ],
  [
    'an endpoint that has no FIPS form',
    Object.assign(new Error('Invalid Configuration'), { name: 'EndpointError' }),
  ],
])('a publisher does not try again if a call fails for good: %s', async (_, error) => {
  const { publisher, time, calls } = publishing([error]);
  const report = await time.run(publisher.publish([order(1)]));
  expect(report.failed).toMatchObject([{ index: 0, id: 'order-1', code: error.name }]);
  expect(calls()).toHaveLength(1);
});

const withoutText = { toString: 1, valueOf: 1 };
it.each([
  undefined,
  null,
  'text',
  Symbol('any'),
  { name: 42 },
  Object.create(null),
  withoutText,
  { name: withoutText, message: withoutText },
])('a publisher tries again whatever a provider of credentials throws: %o', async (thrown) => {
  let calls = 0;
  const send = async () => {
    calls += 1;
    if (calls === 1) throw thrown;
    return { Entries: [taken] };
  };
  const { publisher, time } = publishing([], { client: { send } });
  expect((await time.run(publisher.publish([order(1)]))).published).toBe(1);
});

it('a publisher waits longer after each call that fails, and gives up after thirty seconds', async () => {
  const error = httpError('ThrottlingException', 400);
  const { publisher, time, calls } = publishing(Array.from({ length: 100 }, () => error));
  const began = time.now();
  const report = await time.run(publisher.publish([order(1)]));
  expect(report.failed).toMatchObject([{ code: 'ThrottlingException' }]);
  expect(time.now() - began).toBeGreaterThanOrEqual(30_000);
  expect(time.now() - began).toBeLessThan(36_000);
  expect(calls().length).toBeLessThan(15);
});

it('a publisher gives up the events that wait behind a failing call as long, without a try of each', async () => {
  const error = httpError('ThrottlingException', 400);
  const { publisher, time, calls } = publishing(Array.from({ length: 100 }, () => error));
  const events = Array.from({ length: 200 }, (_, index) => order(index));
  const report = await time.run(publisher.publish(events));
  expect(report.failed).toHaveLength(200);
  expect(calls().flat()).not.toContain('order-10');
});
