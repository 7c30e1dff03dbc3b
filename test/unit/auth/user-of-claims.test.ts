import { expect, it } from 'vitest';
import { MAX_CLOCK_SKEW_SECONDS, userOfClaims } from '../../../lib/auth/user.ts';

const NOW = 1_790_000_000_000;
const SECONDS = NOW / 1000;
const userOf = (differences: Record<string, unknown>) =>
  userOfClaims(
    { sub: 'alice', exp: SECONDS + 60, iat: SECONDS, ...differences },
    { userIdClaim: 'sub', roomAccess: 'open' },
    NOW,
  );

it.each([
  ['has expired in this millisecond', SECONDS, { ok: false, reason: 'expired' }],
  ['expires in the next millisecond', SECONDS + 0.001, { ok: true, user: { tokenExpiresAt: NOW + 1 } }],
  ['expires in the year 33658', 1e12 - 1, { ok: true, user: { tokenExpiresAt: 1e15 - 1000 } }],
  ['says so in milliseconds', 1e12, { ok: false, reason: 'an exp claim that is not in seconds' }],
  ['never expires', Number.POSITIVE_INFINITY, { ok: false, reason: 'no exp claim' }],
  ['names its expiry as text', String(SECONDS + 60), { ok: false, reason: 'no exp claim' }],
])('the claims of a verified token are those of a user until it expires: one that %s', (_, exp, result) => {
  expect(userOf({ exp })).toMatchObject(result);
});

it.each([
  [MAX_CLOCK_SKEW_SECONDS, { ok: true }],
  [MAX_CLOCK_SKEW_SECONDS + 1, { ok: false, reason: 'issued in the future' }],
])(
  'the claims of a verified token are taken if the clock of the issuer is ahead by no more than a minute: %d s',
  (ahead, result) => {
    expect(userOf({ iat: SECONDS + ahead })).toMatchObject(result);
  },
);
