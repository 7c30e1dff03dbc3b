import { describe, expect, it } from 'vitest';
import { queues } from '../../lib/config/queues.ts';
import { resolve } from './resolve.ts';
import { JWKS, resourcesOf, templateOf } from './synthesize.ts';

type Properties = Record<string, unknown>;

function all(type: string, settings: Properties = {}): Properties[] {
  const template = templateOf({ ...JWKS, ...settings });
  return resourcesOf(template, type).map(
    ([, properties]) => resolve(template, { ...properties, Code: undefined }) as Properties,
  );
}

function consumerOfStreams(settings?: Properties) {
  const mappings = all('AWS::Lambda::EventSourceMapping', settings);
  return mappings.find(({ EventSourceArn: arn }) => arn === 'arn:trade-room-dev-room-events.fifo');
}

interface Deployed {
  FunctionName: string;
  Environment: { Variables: Record<string, string> };
}

function variablesByFunction(settings?: Properties) {
  const functions = all('AWS::Lambda::Function', settings) as unknown as Deployed[];
  return functions.map(({ FunctionName, Environment }) => [FunctionName, Environment.Variables] as const);
}

describe('the streams', () => {
  it('and their dead letters are FIFO, with the throughput of a group each, and take two equal orders for two', () => {
    const queues = all('AWS::SQS::Queue');
    const fifo = queues.filter(({ FifoQueue: isFifo }) => isFifo === true);
    expect(fifo).toEqual(queues.filter(({ QueueName: name }) => /\.fifo$/.test(String(name))));
    expect(fifo.map(({ QueueName: name }) => name).sort()).toEqual([
      'trade-room-dev-room-events-dead-letters.fifo',
      'trade-room-dev-room-events.fifo',
    ]);
    const throughput = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
    for (const queue of fifo) {
      expect(queue).toMatchObject(throughput);
      expect(queue).not.toHaveProperty('ContentBasedDeduplication');
    }
  });

  it('lead to the broadcaster, which reports what failed', () => {
    expect(consumerOfStreams()).toEqual({
      EventSourceArn: 'arn:trade-room-dev-room-events.fifo',
      FunctionName: 'trade-room-dev-broadcast',
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 50 },
      MetricsConfig: { Metrics: ['EventCount'] },
    });
  });

  it('are worked on in so many batches at a time as broadcastConcurrency says; the deadline has its own', () => {
    const settings = { broadcastConcurrency: '7' };
    expect(consumerOfStreams(settings)).toMatchObject({ ScalingConfig: { MaximumConcurrency: 7 } });
    const others = all('AWS::Lambda::EventSourceMapping', settings).filter(
      ({ EventSourceArn: arn }) => arn !== 'arn:trade-room-dev-room-events.fifo',
    );
    expect(others).toMatchObject([{ ScalingConfig: { MaximumConcurrency: 50 } }]);
  });

  it.each([
    [{}, { DELIVERY_INTERVAL_MS: '200', RECOVERY_SECONDS: '600' }],
    [{ deliveryIntervalMs: 0 }, { DELIVERY_INTERVAL_MS: '0', RECOVERY_SECONDS: '600' }],
    [{ recoverySeconds: '3600' }, { DELIVERY_INTERVAL_MS: '200', RECOVERY_SECONDS: '3600' }],
  ])('with %j are deliveredSeq and remembered by %j', (settings, expected) => {
    const { 'trade-room-dev-broadcast': told } = Object.fromEntries(variablesByFunction(settings));
    expect(told).toMatchObject(expected);
  });

  it('are one queue, where the ingest and the broadcaster put their messages', () => {
    const told = variablesByFunction().flatMap(([name, { ROOM_EVENTS_QUEUE_URL: url }]) =>
      url === undefined ? [] : [[name, url]],
    );
    const url = 'https://sqs.us-east-1.amazonaws.com/000000000000/trade-room-dev-room-events.fifo';
    expect(told).toEqual([
      ['trade-room-dev-ingest', url],
      ['trade-room-dev-broadcast', url],
    ]);
  });

  it('are behind when events wait for more than a minute, for longer than one function that died holds them up', () => {
    const template = templateOf(JWKS);
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
    const isBehind = ({ AlarmName: name }: Properties) => name === 'trade-room-dev-room-events-behind';
    const [, alarm] = alarms.find(([, properties]) => isBehind(properties)) ?? [];
    expect(alarm).toMatchObject({ Threshold: 60, DatapointsToAlarm: 3, EvaluationPeriods: 5 });
    const isStreams = ({ QueueName: name }: Properties) => name === 'trade-room-dev-room-events.fifo';
    const [id = ''] = resourcesOf(template, 'AWS::SQS::Queue').find(([, queue]) => isStreams(queue)) ?? [];
    const Metric = {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }],
    };
    expect(alarm?.['Metrics']).toMatchObject([{ MetricStat: { Metric, Stat: 'Maximum', Period: 60 } }]);
    // SQS tells the age once a minute: three times above the threshold are two minutes at least.
    expect(queues['room-events.fifo'].visibilityTimeoutSeconds).toBeLessThan(60 + 2 * 60);
  });
});
