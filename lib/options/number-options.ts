/** An option that is a number: its default and its range. */
export interface NumberOption {
  byDefault: number;
  /** The minimum. A smaller number would load the server without pause, or is seconds instead of milliseconds. */
  least: number;
  /** The maximum. Default: no maximum. */
  most?: number;
  isWhole?: true;
  /** Present if 0 is allowed: what 0 means. The value is then `Infinity`. */
  zeroIs?: 'never';
  /** Present if `Infinity` is allowed: what it means. */
  infinityIs?: string;
}

/** The number options of a client. Names that end in `Ms` are milliseconds. */
export const clientNumbers = {
  timeoutMs: { byDefault: 10_000, least: 100, zeroIs: 'never', infinityIs: 'never' },
  minBackoffMs: { byDefault: 500, least: 10 },
  maxBackoffMs: { byDefault: 20_000, least: 500 },
  // Half of the silence after which API Gateway closes a connection: IDLE_TIMEOUT_MS.
  pingIntervalMs: { byDefault: 300_000, least: 1_000, zeroIs: 'never', infinityIs: 'never' },
  // Ten minutes before API Gateway closes a connection because of its age: MAX_CONNECTION_MS.
  reconnectAfterMs: {
    byDefault: 6_600_000,
    least: 200,
    zeroIs: 'never',
    infinityIs: 'never',
  },
} satisfies Record<string, NumberOption>;

/** The number options of a publisher. */
export const publisherNumbers = {
  maxEventsPerSecondPerRoom: { byDefault: 250, least: 0.01, infinityIs: 'no ceiling' },
  giveUpAfterMs: { byDefault: 30_000, least: 1, infinityIs: '23 hours' },
  // Every PutEvents call scans the queue, so that the work of a backlog grows with its square.
  maxQueued: { byDefault: 10_000, least: 1, most: 100_000, isWhole: true },
} satisfies Record<string, NumberOption>;

/**
 * The value of each option of the table: the given one, or the default.
 * @throws TypeError that names the option, the expected range and the given value.
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

/** A value for an error message: never throws, and shortens a long text. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (typeof value === 'bigint') return `the BigInt ${value}`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** A text as it is, and any other value as in an error message. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : show(value));
