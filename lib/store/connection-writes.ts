import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ClosingGuard } from '../core/ports.ts';
import type { Key } from './keys.ts';

/** Joins clauses with AND: all of them must hold. */
export function all(...clauses: string[]): string {
  return clauses.join(' AND ');
}

/** Joins clauses with OR, in parentheses, because AND binds more tightly. For use inside `all`. */
export function any(...clauses: string[]): string {
  return `(${clauses.join(' OR ')})`;
}

/** Joins clauses with OR, without parentheses. For use as a whole condition: DynamoDB parses it faster. */
export function either(...clauses: string[]): string {
  return clauses.join(' OR ');
}

/** The result of a conditional write. Undefined if the condition does not hold; rejects on any other error. */
export async function unlessRefused<Result>(write: Promise<Result>): Promise<Result | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** A change of a connection's row. `#x` stands for the attribute `x`, unless `names` says otherwise; `:x` for a value. */
export interface ConnectionChange {
  update: string;
  condition: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

/** The conditional write of a change. It returns the row as it is afterwards. `now` is in epoch milliseconds. */
export function changeCommand(
  key: { TableName: string; Key: Key },
  { update, condition, names, values }: ConnectionChange,
  now: number,
): UpdateCommand {
  const expressions = `${update} ${condition}`;
  const allValues = { ':now': now, ':nowSeconds': Math.floor(now / 1000), ':one': 1, ...values };
  return new UpdateCommand({
    ...key,
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(expressions, names),
    ExpressionAttributeValues: valuesIn(expressions, allValues),
    ReturnValues: 'ALL_NEW',
  });
}

// DynamoDB refuses names and values that no expression uses.
function namesIn(expressions: string, names: Record<string, string> = {}): Record<string, string> {
  const used = new Set(expressions.match(/#\w+/g));
  return Object.fromEntries([...used].map((name) => [name, names[name] ?? name.slice(1)]));
}

function valuesIn(expressions: string, values: Record<string, unknown>): Record<string, unknown> {
  const used = new Set(expressions.match(/:\w+/g));
  return Object.fromEntries(Object.entries(values).filter(([name]) => used.has(name)));
}

/*
 * Conditions of the connection's row, made of named clauses. `#x` is the attribute `x`, `:x` a value of the write.
 * `core/connection/refusal.ts` has the same rules as functions, which say why a write was refused.
 */

export const exists = 'attribute_exists(#pk)';
// The SDK retries a write whose answer was lost, so a row from the same write is accepted.
export const absentOrOwn = 'attribute_not_exists(#pk) OR #connectedAt = :connectedAt';
// DynamoDB may delete expired rows hours late. Until then they count as absent.
const ttlNotPassed = '#ttl > :nowSeconds';
const notClosing = 'attribute_not_exists(#closing)';
const unauthenticated = 'attribute_not_exists(#userId)';
const tokenValid = any(unauthenticated, '#tokenExpiresAt > :now');
/** Messages of the connection are still accepted. */
const open = all(exists, ttlNotPassed, notClosing, tokenValid);

const sameUser = any(unauthenticated, '#userId = :userId');
const noLaterAuth = any('attribute_not_exists(#authSentAt)', '#authSentAt <= :sentAt');

const roomUnknown = 'attribute_not_exists(#rooms.#room)';
const noLaterMessage = '#rooms.#room.#sentAt < :sentAt';
const sameMoment = '#rooms.#room.#sentAt = :sentAt';
const roomOff = '#rooms.#room.#on = :false';
const spaceToRemember = any('attribute_exists(#rooms.#room)', 'size(#rooms) < :maxRemembered');
const spaceToSubscribe = any(
  'attribute_not_exists(#subscribed)',
  'size(#subscribed) < :maxRooms',
  'contains(#subscribed, :roomId)',
);
const unchanged = '#version = :version';

export const mayAuthenticate = all(open, sameUser, noLaterAuth);

// If a subscribe and an unsubscribe have the same time, the subscribe wins.
export const mayTurnOn = all(
  open,
  any(roomUnknown, noLaterMessage, sameMoment),
  spaceToRemember,
  spaceToSubscribe,
);
export const mayTurnOff = all(
  open,
  any(roomUnknown, noLaterMessage, all(roomOff, sameMoment)),
  spaceToRemember,
);

/**
 * The row has not changed since it was read. Does not require `open`: a refusal must mean that the row has changed, or
 * the caller would read the same row and try again without end.
 */
export const unchangedSinceRead = all(exists, unchanged);

const notYetClosing = all(exists, ttlNotPassed, notClosing);
export const mayClose: Record<ClosingGuard, string> = {
  always: notYetClosing,
  if_unauthenticated: all(notYetClosing, unauthenticated),
  if_token_expired: all(notYetClosing, '#tokenExpiresAt <= :now'),
};
