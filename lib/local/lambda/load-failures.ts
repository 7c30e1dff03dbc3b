import { errorHeadline, lambdaError, ownFrames } from './lambda-error.ts';

/** A function whose module could not be evaluated. */
export interface LoadFailure {
  name: string;
  /** Its bundle. */
  file: string;
  thrown: unknown;
  /** Whether code that works is in use instead. */
  keepsCode: boolean;
}

/** A paragraph for each cause: functions share most of their modules, and so what breaks them. */
export function describeLoadFailures(failures: LoadFailure[]): string[] {
  const byCause = new Map<string, LoadFailure[]>();
  for (const failure of failures) {
    const cause = `${failure.keepsCode} ${headline(failure)}`;
    byCause.set(cause, [...(byCause.get(cause) ?? []), failure]);
  }
  return [...byCause.values()].map(describe);
}

function describe(failures: LoadFailure[]): string {
  const [first] = failures;
  if (first === undefined) return '';
  const names = failures.map(({ name }) => name).join(', ');
  const consequence = first.keepsCode
    ? 'The code from before this change stays in use.'
    : 'Invocations fail until this is changed.';
  const frames = ownFrames(lambdaError(first.thrown));
  return [`${names} failed to load: ${headline(first)}`, ...frames, '', consequence].join('\n');
}

function headline({ thrown, file }: LoadFailure): string {
  // Node names the bundle that imports what is missing; each function has one of its own.
  return errorHeadline(lambdaError(thrown)).replace(` imported from ${file}`, '');
}
