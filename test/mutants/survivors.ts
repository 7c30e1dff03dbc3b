import type { Survivor } from './judge.ts';

/** Every mutant that `npm run mutants` may leave alive. */
export const survivors: readonly Survivor[] = [
  {
    file: 'lib/core/stream/cursor.ts',
    code: '.slice(0, EPOCH_LENGTH);',
    mutated: ';',
    why: 'Until the year 5188 the two numbers have no more than sixteen digits together, as an epoch may have.',
  },
  {
    file: 'lib/store/keys.ts',
    code: 'Number.parseInt(sortKey.slice(0, HASH_LENGTH), 16)',
    mutated: 'Number.parseInt(sortKey, 16)',
    why: 'A # follows the hash, and there the number ends.',
  },
  {
    file: 'lib/auth/user.ts',
    code: "if (typeof exp !== 'number' || !Number.isFinite(exp))",
    mutated: 'if (false || !Number.isFinite(exp))',
    why: 'Number.isFinite is false for what is no number: the check before it is for the type.',
  },
  {
    file: 'lib/auth/user.ts',
    code: "if (typeof iat === 'number' && iat >",
    mutated: 'if (true && iat >',
    why: 'An absent iat compares as false. A numeral in text would be refused where it lies in the future, too.',
  },
  {
    file: 'lib/queue/queues.ts',
    code: 'Buffer.byteLength(body) <= MAX_BODY_BYTES',
    mutated: 'Buffer.byteLength(body) < MAX_BODY_BYTES',
    why: 'The bound is below that of SQS by tens of kilobytes, so that one byte decides nothing.',
  },
  {
    file: 'lib/queue/queues.ts',
    code: '} catch {\n    return undefined;\n  }',
    mutated: '} catch {}',
    why: 'A function that ends without a return returns undefined.',
  },
  {
    file: 'lib/client/subscriptions.ts',
    code: 'if (lacksPlace) cancelAsking',
    mutated: 'if (true) cancelAsking',
    why: 'The timer finds no room that lacks a place, and asks for none.',
  },
  {
    file: 'lib/client/subscriptions.ts',
    code: 'held: [], isRetry: false }',
    mutated: 'held: [], isRetry: true }',
    why: 'Nothing reads it of a room that waits: its subscribe makes a new membership.',
  },
  {
    file: 'lib/client/subscriptions.ts',
    code: "if (typeof seq === 'number' && seq >",
    mutated: 'if (true && seq >',
    why: 'The server sends numbers. Of other values only a numeral compares as greater, and one subscribe more loses nothing.',
  },
  {
    file: 'lib/client/room-feed.ts',
    code: 'if (epoch !== undefined && seq !== undefined) {',
    mutated: 'if (true && seq !== undefined) {',
    why: 'A frame with a number has an epoch: parsing drops any other.',
  },
  {
    file: 'lib/client/tokens.ts',
    code: 'if (forgotten === undefined) return undefined;',
    mutated: 'if (false) return undefined;',
    why: 'A race with nothing is over at once, and its timer is cancelled.',
  },
  {
    file: 'lib/client/tokens.ts',
    code: '.finally(() => cancelWait?.());',
    mutated: '.finally(() => cancelWait());',
    why: 'The lines before it have set the timer.',
  },
  ...[
    [
      'void ended.then(() => {\n        if (forgotten === ended) forgotten = undefined;\n      });',
      'void ended.then(() => {});',
    ],
    ['if (forgotten === ended) forgotten', 'if (false) forgotten'],
  ].map(([code = '', mutated = '']) => ({
    file: 'lib/client/tokens.ts',
    code,
    mutated,
    why: 'A call that has ended holds up no other, forgotten or remembered.',
  })),
];
