import { resourcesOf, type Template } from './synthesize.ts';

/** An alarm of a template. */
export interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions?: unknown[];
  OKActions?: unknown[];
  Metrics?: { MetricStat?: { Metric: WatchedMetric; Stat: string; Period: number } }[];
  MetricName?: string;
  Namespace?: string;
  Dimensions?: { Name: string; Value: unknown }[];
  TreatMissingData: string;
  [other: string]: unknown;
}
export type WatchedMetric = Pick<AlarmProperties, 'MetricName' | 'Namespace' | 'Dimensions'>;

export const alarmsOf = (template: Template) =>
  resourcesOf(template, 'AWS::CloudWatch::Alarm').map(
    ([, properties]) => properties as unknown as AlarmProperties,
  );

export const metricsOf = ({ Metrics, ...alarm }: AlarmProperties): WatchedMetric[] =>
  Metrics === undefined ? [alarm] : Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);

export const watchedBy = (alarm: AlarmProperties | undefined) =>
  alarm?.Metrics?.flatMap(({ MetricStat }) => MetricStat ?? []);

/** The alarm of stage dev with this name. Throws if there is none. */
export function alarmNamed(template: Template, name: string): AlarmProperties {
  const found = alarmsOf(template).find(({ AlarmName }) => AlarmName === `trade-room-dev-${name}`);
  if (found === undefined) throw new Error(`there is no alarm ${name}`);
  return found;
}
