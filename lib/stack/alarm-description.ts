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
   * What a minute without data means. `fine`, the default: nobody plays. `trouble`: what must report does not.
   * `unchanged`: the metric may stop while the trouble lasts.
   */
  silence?: 'fine' | 'trouble' | 'unchanged';
  /** What it means and what to do, in two sentences. */
  text: string;
  /** Its heading in OPERATIONS.md. */
  section: string;
}
