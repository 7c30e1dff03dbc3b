import { AwsError } from '../aws-json-service.ts';
import { invalidParameter, missingParameter } from './sqs-error.ts';

export type Input = Record<string, unknown>;

/** Undefined when it is absent; throws `SerializationException` for what is no object. */
export function optionalObject(value: unknown, name: string): Input | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(name, 'an object');
  return value as Input;
}

/** Undefined when it is absent; throws `SerializationException` for what is no string. */
export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(name, 'a string');
}

/** Throws `MissingParameter`, or `SerializationException` for what is no string. */
export function requiredText(input: Input, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined || value === '') throw missingParameter(name);
  return value;
}

/** Undefined when it is absent; throws `InvalidParameterValue` outside of the range. */
export function optionalInteger(input: Input, name: string, range: [number, number]): number | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw wrongType(name, 'a number');
  const [least, most] = range;
  if (!Number.isInteger(value) || value < least || value > most) {
    const reason = `Must be between ${least} and ${most}, if provided.`;
    throw invalidParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
  }
  return value;
}

export function requiredInteger(input: Input, name: string, range: [number, number]): number {
  const value = optionalInteger(input, name, range);
  if (value === undefined) throw missingParameter(name);
  return value;
}

/** Of an optional list; throws `SerializationException` for what is no list of strings. */
export function textList(input: Input, name: string): string[] {
  const value = input[name] ?? [];
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value;
  throw wrongType(name, 'a list of strings');
}

/** AWS refuses a value of another type before the operation sees it. */
function wrongType(name: string, type: string): AwsError {
  return new AwsError('SerializationException', `${name} must be ${type}.`);
}
