import {
  CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { logsInsights, queryOf } from '../../../bin/trace/log-source.ts';

const client = new CloudWatchLogsClient({ region: 'eu-west-1' });
const logs = mockClient(client);
const SPAN = { from: 1_790_000_000_123, to: 1_790_000_001_001 };
const slept: number[] = [];
let more = 0;
const find = logsInsights({
  client,
  logGroups: ['/aws/lambda/trade-room-dev-broadcast'],
  sleep: async (milliseconds) => slept.push(milliseconds),
  onMore: () => {
    more += 1;
  },
});
const row = (message: string, timestamp = '2026-11-27 10:32:00.123') => [
  { field: '@timestamp', value: timestamp },
  { field: '@message', value: message },
  { field: '@ptr', value: 'p' },
];

beforeEach(() => {
  logs.reset();
  logs.on(StartQueryCommand).resolves({ queryId: 'q' });
  slept.length = 0;
  more = 0;
});

it('CloudWatch Logs Insights is asked for the span in whole seconds that hold it, and again until the query has ended', async () => {
  const message = JSON.stringify({ message: 'delivery', level: 'INFO', roomId: '42' });
  logs
    .on(GetQueryResultsCommand)
    .resolvesOnce({ status: 'Scheduled' })
    .resolvesOnce({ status: 'Running' })
    .resolves({ status: 'Complete', results: [row(message), row('START RequestId: 1')] });
  expect(await find({ roomId: ['42'], message: ['delivery'] }, SPAN)).toEqual([
    {
      at: Date.UTC(2026, 10, 27, 10, 32, 0, 123),
      name: 'delivery',
      fields: { level: 'INFO', roomId: '42' },
    },
  ]);
  expect(slept).toEqual([500, 500]);
  expect(logs.commandCalls(StartQueryCommand)[0]?.args[0].input).toEqual({
    logGroupNames: ['/aws/lambda/trade-room-dev-broadcast'],
    startTime: 1_790_000_000,
    endTime: 1_790_000_002,
    queryString: queryOf({ roomId: ['42'], message: ['delivery'] }),
  });
});

it.each([
  [9_999, 0],
  [10_000, 1],
])(
  'CloudWatch Logs Insights says that there may be more when it finds as many as it may: of %d lines %d time',
  async (found, times) => {
    const message = JSON.stringify({ message: 'delivery', roomId: '42' });
    const results = Array.from({ length: found }, () => row(message));
    logs.on(GetQueryResultsCommand).resolves({ status: 'Complete', results });
    expect(await find({ roomId: ['42'] }, SPAN)).toHaveLength(found);
    expect(more).toBe(times);
  },
);

it('CloudWatch Logs Insights gives no line of Lambda itself, and none that the functions do not write', async () => {
  const results = [
    row('{"message":"Task timed out"}'),
    row('{"message":"toString"}'),
    row('{"message":7}'),
    row('null'),
  ];
  logs.on(GetQueryResultsCommand).resolves({ status: 'Complete', results });
  expect(await find({ roomId: ['42'] }, SPAN)).toEqual([]);
});

it('CloudWatch Logs Insights gives no line in which the value stands in another field', async () => {
  const results = [row('{"message":"events_logged","roomId":"7","eventIds":["a"],"firstEventId":"7"}')];
  logs.on(GetQueryResultsCommand).resolves({ status: 'Complete', results });
  expect(await find({ eventIds: ['7'] }, SPAN)).toEqual([]);
  expect(await find({ eventIds: ['a'] }, SPAN)).toHaveLength(1);
});

it('CloudWatch Logs Insights dates a line by its own timestamp, if it has one', async () => {
  const message = JSON.stringify({ message: 'delivery', timestamp: '2026-11-27T10:31:59.999Z' });
  logs.on(GetQueryResultsCommand).resolves({ status: 'Complete', results: [row(message)] });
  expect((await find({ message: ['delivery'] }, SPAN))[0]?.at).toBe(Date.UTC(2026, 10, 27, 10, 31, 59, 999));
});

it.each(['Failed', 'Cancelled', 'Timeout', 'Unknown'] as const)(
  'a query of CloudWatch Logs Insights that ends with %s is reported',
  async (status) => {
    logs.on(GetQueryResultsCommand).resolves({ status });
    await expect(find({ message: ['delivery'] }, SPAN)).rejects.toThrow(
      `with the status ${status}. Try a shorter --since.`,
    );
  },
);

it('a query of CloudWatch Logs Insights that never answers is given up', async () => {
  logs.on(GetQueryResultsCommand).resolves({ status: 'Running' });
  await expect(find({ message: ['delivery'] }, SPAN)).rejects.toThrow('has not answered for two minutes');
});

it('the query of the logs finds lines that have one of the values in every field', () => {
  expect(queryOf({ eventIds: ['order-1'], message: ['events_logged', 'events_not_logged'] })).toBe(
    [
      'fields @timestamp, @message',
      String.raw`| filter @message like /"eventIds":(\[.*)?("order-1")/`,
      String.raw`| filter @message like /"message":(\[.*)?("events_logged"|"events_not_logged")/`,
      '| sort @timestamp asc',
      '| limit 10000',
    ].join('\n'),
  );
});

it('the query of the logs is no other query, whatever the value is: it finds exactly the text that a line has', () => {
  const property = fc.property(fc.string({ unit: 'grapheme' }), (value) => {
    const [, filter = ''] = queryOf({ eventId: [value] }).split('\n');
    const [, pattern = ''] = /^\| filter @message like \/(.*)\/$/.exec(filter) ?? [];
    expect(pattern).not.toMatch(/(?<!\\)(\\\\)*\//);
    expect(new RegExp(`^${pattern}$`).test(`"eventId":${JSON.stringify(value)}`)).toBe(true);
    expect(new RegExp(`^${pattern}$`).test(`"eventId":${JSON.stringify(`${value}.`)}`)).toBe(false);
    expect(queryOf({ eventId: [value] }).split('\n')).toHaveLength(4);
  });
  fc.assert(property, { numRuns: 300, seed: 1 });
});
