import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';

export interface AlarmDescription {
  metric: IMetric;
  /** Alarms above it… */
  threshold: number;
  /** …in so many minutes… */
  minutes: number;
  /** …of the last so many. */
  of: number;
  /** What it means and what to do, in two sentences. */
  text: string;
  /** Its heading in OPERATIONS.md. */
  section: string;
}
