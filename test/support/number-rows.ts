import type { NumberOption } from '../../lib/options/number-options.ts';

/** The rows of a document's table of numbers: name, least, most, what 0 and `Infinity` mean. */
export function numberRows(page: string): string[][] {
  const rows = page.matchAll(/^\| `(\w+)` \| ([\d.]+) \| (\S+) \| ([^|]+) \| ([^|]+) \|$/gm);
  return [...rows].map((row) => row.slice(1).map((cell) => cell.trim()));
}

export function expectedRows(table: Record<string, NumberOption>): string[][] {
  return Object.entries(table).map(([name, { least, most, zeroIs, infinityIs }]) => [
    name,
    String(least),
    String(most ?? '–'),
    zeroIs ?? 'refused',
    infinityIs ?? 'refused',
  ]);
}
