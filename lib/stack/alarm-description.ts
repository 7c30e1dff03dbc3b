import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';

export interface AlarmDescription {
  metric: IMetric;
  /** Alarms above it, or below it where `below` is set… */
  threshold: number;
  below?: true;
  /** …in so many minutes… */
  minutes: number;
  /** …of the last so many. */
  of: number;
  /**
   * What CloudWatch does with a minute without data. `fine`, the default: `notBreaching`. `trouble`: `breaching`, for a
   * metric that must report each minute. `unchanged`: `ignore`, for a metric that may stop while the trouble lasts.
   */
  silence?: 'fine' | 'trouble' | 'unchanged';
  /** What it means and what to do, in two sentences. */
  text: string;
  /** Its heading in docs/operations/runbook.md. */
  section: string;
}
