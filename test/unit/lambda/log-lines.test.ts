import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { afterEach, expect, it, vi } from 'vitest';
import { createLog, parseTracedRooms } from '../../../lib/lambda/log.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What code writes to both streams, line by line, as a function with JSON logs at Lambda's level INFO would. */
function linesOf(write: () => void, level = 'INFO'): string[] {
  const lines: string[] = [];
  const collect = (chunk: unknown) => {
    lines.push(...String(chunk).trimEnd().split('\n'));
    return true;
  };
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(collect);
  // What Lambda sets where the format is JSON.
  vi.stubEnv('AWS_LAMBDA_LOG_FORMAT', 'JSON');
  vi.stubEnv('AWS_LAMBDA_LOG_LEVEL', level);
  vi.stubEnv('POWERTOOLS_DEV', '');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'INFO');
  write();
  vi.restoreAllMocks();
  return lines;
}

/** Lambda takes level and time of a line from these, and leaves JSON as it is. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

it('a line of the log is one JSON object with a level that Lambda knows and a time that it can read', () => {
  const lines = linesOf(() => {
    const log = new Logger({ serviceName: 'trade-room-dev' });
    log.debug('not_written');
    log.info('told', { roomId: '42' });
    log.warn('doubtful', { roomId: '42' });
    log.error('failed', { error: new Error('two\nlines'), roomId: '42' });
  });
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'INFO told',
    'WARN doubtful',
    'ERROR failed',
  ]);
  for (const { timestamp, service } of entries) {
    expect(timestamp).toMatch(RFC_3339);
    // By it, the metric of logged errors is told apart from that of other stages.
    expect(service).toBe('trade-room-dev');
  }
  // What the query for errors shows.
  expect(entries[2]).toMatchObject({ error: { message: 'two\nlines' } });
});

it('a line at a lower level is written if Lambda’s level is lower, whatever the logger’s own variable says', () => {
  const lines = linesOf(() => new Logger().debug('written'), 'DEBUG');
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(['written']);
});

it('a metric is one JSON object of CloudWatch’s embedded format, without a level: it counts as INFO, which passes', () => {
  const lines = linesOf(() => {
    const metrics = new Metrics({ namespace: 'TradeRoom', serviceName: 'trade-room-dev' });
    metrics.addMetric('CanaryMs', MetricUnit.Milliseconds, 17);
    metrics.publishStoredMetrics();
  });
  expect(lines).toHaveLength(1);
  const metric = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  expect(metric).toMatchObject({ CanaryMs: 17, service: 'trade-room-dev', _aws: expect.any(Object) });
  expect(metric).not.toHaveProperty('level');
});

const superseded = { roomId: '42', epoch: 'E', seq: 1, eventId: 'e', eventType: 'position_update' };
const messagesOf = (rooms: string) =>
  linesOf(() => createLog(new Logger(), parseTracedRooms(rooms))('event_superseded', superseded)).map(
    (line) => JSON.parse(line),
  );

it.each(['["42"]', '["1","42"]', '["*"]'])(
  'a line that is about a traced room is written as INFO although it is debug: %s',
  (rooms) => {
    expect(messagesOf(rooms)).toMatchObject([{ level: 'INFO', message: 'event_superseded', ...superseded }]);
  },
);

it.each(['[]', '["4"]', '["421"]'])(
  'a line about a traced room is not written if the room is none of %s',
  (rooms) => {
    expect(messagesOf(rooms)).toEqual([]);
  },
);

it('a warning about a traced room stays a warning', () => {
  const letter = {
    eventId: 'e',
    busEventId: 'b',
    eventType: 'x',
    roomId: '42',
    code: 'too_large',
    reason: 'r',
  } as const;
  const lines = linesOf(() => createLog(new Logger(), () => true)('event_dead_lettered', letter));
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(['WARN']);
});

it('a function that is given no traced rooms traces none', () => {
  const superseded = { roomId: '42', epoch: 'E', seq: 1, eventId: 'e', eventType: 'position_update' };
  expect(linesOf(() => createLog(new Logger())('event_superseded', superseded))).toEqual([]);
});

it.each([
  ['only a text', 'only a text'],
  [undefined, 'undefined'],
  [Symbol('any'), 'Symbol(any)'],
  [Object.create(null), 'an object that is no Error'],
  [{ toString: 1, valueOf: 1 }, 'an object that is no Error'],
])('what was thrown is an error in its line, whatever it is: %o', (error, message) => {
  const lines = linesOf(() => {
    createLog(new Logger())('room_delivery_failed', { roomId: '42', error });
  });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'ERROR', message: 'room_delivery_failed', roomId: '42', error: { message } },
  ]);
});
