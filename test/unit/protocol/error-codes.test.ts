import { expect, it } from 'vitest';
import { errorCodes } from '../../../lib/protocol/error-codes.ts';

it('the error codes are exactly those that clients are told of', () => {
  expect(Object.keys(errorCodes)).toEqual([
    'invalid_json',
    'invalid_message',
    'unknown_type',
    'auth_failed',
    'user_mismatch',
    'auth_timeout',
    'token_expired',
    'forbidden_room',
    'too_many_rooms',
    'too_large',
    'internal',
  ]);
});

it('an error code closes the connection if it is about the token, and not otherwise', () => {
  const closing = Object.entries(errorCodes).filter(([, { closes }]) => closes === 'yes');
  expect(closing.map(([code]) => code)).toEqual([
    'auth_failed',
    'user_mismatch',
    'auth_timeout',
    'token_expired',
  ]);
});
