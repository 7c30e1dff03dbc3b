/** The folders whose code is mutated, and the tests that must notice: fast ones, which say what the folder is for. */
export const folders = {
  core: ['test/unit/core/**/*.test.ts'],
  store: ['test/contract/store.property.test.ts', 'test/unit/store/**/*.test.ts'],
  auth: ['test/unit/auth/**/*.test.ts'],
  gateway: ['test/contract/gateway.test.ts', 'test/unit/gateway/**/*.test.ts'],
  lambda: ['test/unit/lambda/**/*.test.ts'],
  queue: [
    'test/unit/queue/**/*.test.ts',
    'test/unit/lambda/on-auth-deadline.test.ts',
    'test/unit/lambda/on-room-messages.test.ts',
  ],
  client: ['test/unit/client/**/*.test.ts'],
} as const satisfies Record<string, readonly string[]>;

export type Folder = keyof typeof folders;

/** Folders whose test files replace parts of a shared module, so that each file needs a thread of its own. It takes twice as long. */
export const isolated: readonly Folder[] = ['auth', 'store'];

/** What is mutated where nothing is named: files that decide, of every folder. The table in docs/benchmarks.md is of these. */
export const selection: readonly string[] = [
  'lib/core/stream/append.ts',
  'lib/core/stream/cursor.ts',
  'lib/store/keys.ts',
  'lib/store/membership-rows.ts',
  'lib/auth/user.ts',
  'lib/gateway/signed-gateway.ts',
  'lib/lambda/log.ts',
  'lib/lambda/metrics.ts',
  'lib/lambda/on-room-event.ts',
  'lib/lambda/on-room-messages.ts',
  'lib/queue/queues.ts',
  'lib/queue/room-streams.ts',
  'lib/client/backoff.ts',
  'lib/client/subscriptions.ts',
  'lib/client/room-feed.ts',
  'lib/client/tokens.ts',
];

export interface Run {
  folder: Folder;
  /** Globs of what is mutated. */
  mutate: string[];
}

/**
 * What `npm run mutants -- <folder or file>…` means: the selection without an argument. Throws where an argument is no
 * folder of the list and no file in one.
 */
export function runsOf(args: readonly string[]): Run[] {
  const names = Object.keys(folders) as Folder[];
  const wanted = args.length === 0 ? selection : args;
  const runs = new Map<Folder, string[]>();
  for (const arg of wanted) {
    const path = names.some((name) => name === arg) ? `lib/${arg}/**/*.ts` : arg;
    const folder = names.find((name) => path.startsWith(`lib/${name}/`));
    if (folder === undefined) {
      throw new Error(
        `npm run mutants -- <folder or file>…: ${arg} is neither one of ${names.join(', ')} nor a file in one of them`,
      );
    }
    runs.set(folder, [...(runs.get(folder) ?? []), path]);
  }
  return [...runs].map(([folder, mutate]) => ({ folder, mutate }));
}
