/** A number among the options: what it is where nothing is given, and what it may be. */
export interface NumberOption {
  byDefault: number;
  /** What is less is refused: it would load the server without pause, or is seconds given for milliseconds. */
  least: number;
  /** What is more is refused. Default: no number is too much. */
  most?: number;
  isWhole?: true;
  /** What 0 means, where it is taken; inside it is `Infinity` then. */
  zeroIs?: 'never';
  /** What `Infinity` means, where it is taken. */
  infinityIs?: string;
}

/** The numbers that a client takes. Those that end in `Ms` are milliseconds. */
export const clientNumbers = {
  timeoutMs: { byDefault: 10_000, least: 100, zeroIs: 'never', infinityIs: 'never' },
  minBackoffMs: { byDefault: 500, least: 10 },
  maxBackoffMs: { byDefault: 20_000, least: 500 },
  // Half of the silence behind which API Gateway closes a connection: IDLE_TIMEOUT_MS.
  pingIntervalMs: { byDefault: 300_000, least: 1_000, zeroIs: 'never', infinityIs: 'never' },
  // Ten minutes before API Gateway closes it for its age: MAX_CONNECTION_MS.
  reconnectAfterMs: {
    byDefault: 6_600_000,
    least: 200,
    zeroIs: 'never',
    infinityIs: 'never',
  },
} satisfies Record<string, NumberOption>;

/** The numbers that a publisher takes. */
export const publisherNumbers = {
  maxEventsPerSecondPerRoom: { byDefault: 250, least: 0.01, infinityIs: 'no ceiling' },
  giveUpAfterMs: { byDefault: 30_000, least: 1, infinityIs: 'never' },
  // Every call looks through what waits: the work of a backlog grows with its square.
  maxQueued: { byDefault: 10_000, least: 1, most: 100_000, isWhole: true },
} satisfies Record<string, NumberOption>;

/**
 * The numbers of this table, as they are given or by default.
 * @throws TypeError that names the option, what it may be, and what it was.
 */
export function numbersOf<Name extends string>(
  table: Record<Name, NumberOption>,
  given: { [Key in NoInfer<Name>]?: number | undefined },
): Record<Name, number> {
  const entries = Object.entries<NumberOption>(table).map(([name, option]) => {
    const value = given[name as Name];
    return [name, value === undefined ? option.byDefault : checked(name, value, option)];
  });
  return Object.fromEntries(entries) as Record<Name, number>;
}

function checked(name: string, value: unknown, option: NumberOption): number {
  const { least, most = Number.MAX_VALUE, isWhole, zeroIs, infinityIs } = option;
  if (value === 0 && zeroIs) return Number.POSITIVE_INFINITY;
  if (value === Number.POSITIVE_INFINITY && infinityIs) return value;
  if (typeof value === 'number' && value >= least && value <= most && !(isWhole && value % 1)) return value;
  throw new TypeError(`${name}: expected ${expected(option)}, got ${show(value)}`);
}

function expected({ least, most, isWhole, zeroIs, infinityIs }: NumberOption): string {
  const range = most ? `from ${least} to ${most}` : `of at least ${least}`;
  return [
    `a ${isWhole ? 'whole ' : ''}number ${range}`,
    zeroIs && `0 for ${zeroIs}`,
    infinityIs && `Infinity for ${infinityIs}`,
  ]
    .filter(Boolean)
    .join(', or ');
}

/** A value as an error message names it. Never fails, and brings no long text into the message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (typeof value === 'bigint') return `the BigInt ${value}`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
