import { invalidParameter, missingParameter } from './sqs-error.ts';

export type Input = Record<string, unknown>;

/** Throws `MissingParameter`. */
export function requiredText(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value === '') throw missingParameter(name);
  return value;
}

/** Undefined when it is absent; throws `InvalidParameterValue` outside of the range. */
export function optionalInteger(input: Input, name: string, range: [number, number]): number | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined) return undefined;
  const [least, most] = range;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    const reason = `Must be between ${least} and ${most}, if provided.`;
    throw invalidParameter(`Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);
  }
  return value;
}

export function requiredInteger(input: Input, name: string, range: [number, number]): number {
  const value = optionalInteger(input, name, range);
  if (value === undefined) throw missingParameter(name);
  return value;
}

/** The strings of an optional list. */
export function textList(input: Input, name: string): string[] {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : [];
}
