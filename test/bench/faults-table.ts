import type { FaultFigures } from './faults.ts';

const AIM_RATIO = 1.5;

const rooms = ['all healthy', 'only the healthy ones of row 3', 'healthy and faulty'];

/** The figures of the three rooms, in the order of `rooms`. */
export function faultsTable(figures: readonly FaultFigures[]): string {
  const [sound, smaller, faulty] = figures.map(({ healthyMs }) => healthyMs);
  const ratio = (one = Number.NaN, other = Number.NaN) => one / other;
  const rows = figures.map((row, index) => {
    const { members, healthy, healthyMs, throttledMs, result } = row;
    const cells = [
      rooms[index] ?? '',
      count(members),
      count(healthy),
      healthyMs.toFixed(0),
      ratio(healthyMs, sound).toFixed(2),
      ratio(healthyMs, smaller).toFixed(2),
      Number.isNaN(throttledMs) ? '' : throttledMs.toFixed(0),
      count(result.gone),
      count(result.failed),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const met = ratio(faulty, sound) <= AIM_RATIO;
  return [
    '| room | members | healthy | last healthy member, ms | × row 1 | × row 2 | last member with two 429, ms | gone | failed |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `Members without a fault are served ×${ratio(faulty, sound).toFixed(2)} as late because of the others. The aim, at most ×${AIM_RATIO}, is ${met ? 'met' : 'missed'}.`,
  ].join('\n');
}

const count = (amount: number) => amount.toLocaleString('en-US');
