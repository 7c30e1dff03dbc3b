import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

/** Joins named clauses; a condition is read as the list of what must hold. */
export function all(...clauses: string[]): string {
  return clauses.join(' AND ');
}

/** In parentheses, because AND binds closer; none where they are not needed, parsers are slow with them. */
export function any(...clauses: string[]): string {
  return `(${clauses.join(' OR ')})`;
}

/** A whole condition by itself, which needs no parentheses. */
export function either(...clauses: string[]): string {
  return clauses.join(' OR ');
}

/** A write whose condition does not hold is an outcome, not an error: `undefined`. */
export async function unlessRefused<Result>(write: Promise<Result>): Promise<Result | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
