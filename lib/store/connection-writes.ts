import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ClosingGuard } from '../core/ports.ts';
import type { Key } from './keys.ts';

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

/** A change of a connection's row. `#x` names the attribute `x`; every value is named in `values`. */
export interface ConnectionChange {
  update: string;
  condition: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

/** One conditional write, which answers with the row as it is afterwards. */
export function changeCommand(
  key: { TableName: string; Key: Key },
  { update, condition, names, values }: ConnectionChange,
  now: number,
): UpdateCommand {
  const expressions = `${update} ${condition}`;
  const known = { ':now': now, ':nowSeconds': Math.floor(now / 1000), ':one': 1, ...values };
  return new UpdateCommand({
    ...key,
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(expressions, names),
    ExpressionAttributeValues: valuesIn(expressions, known),
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
 * Conditions of the connection's row, made of named clauses. `#x` is the attribute `x`, `:x` a value of the write;
 * what they say is decided in words by `core/refusal.ts`, which explains a write that was refused.
 */

export const exists = 'attribute_exists(#pk)';
// The SDK repeats a write whose answer was lost: its own row is no obstacle.
export const absentOrOwn = 'attribute_not_exists(#pk) OR #connectedAt = :connectedAt';
// DynamoDB deletes expired rows hours late; until then they are here, and count as absent.
const ttlNotPassed = '#ttl > :nowSeconds';
const notClosing = 'attribute_not_exists(#closing)';
const unauthenticated = 'attribute_not_exists(#userId)';
const tokenValid = any(unauthenticated, '#tokenExpiresAt > :now');
/** The connection may still speak. */
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

// Within one millisecond the subscribe wins, so an unsubscribe gives way to it.
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

/** Nothing has happened since the row was read. Not `open`: whoever looks again after a refusal must find a change. */
export const unchangedSinceRead = all(exists, unchanged);

const notYetClosing = all(exists, ttlNotPassed, notClosing);
export const mayClose: Record<ClosingGuard, string> = {
  always: notYetClosing,
  if_unauthenticated: all(notYetClosing, unauthenticated),
  if_token_expired: all(notYetClosing, '#tokenExpiresAt <= :now'),
};
