import type { FaultFigures } from './faults.ts';

const AIM_RATIO = 1.5;

/** Of a room without faults, of those of it that have none later on, and of the room with faults, in this order. */
export function faultsTable(figures: readonly FaultFigures[]): string {
  const [sound, smaller, faulty] = figures.map(({ healthyMs }) => healthyMs);
  const ratio = (one = Number.NaN, other = Number.NaN) => one / other;
  const rows = figures.map((row) => {
    const { members, healthy, healthyMs, throttledMs, result } = row;
    const cells = [
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
    '| members | without a fault | the last of those, ms | × all healthy | × those alone | the last throttled twice, ms | gone | failed |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `Members without a fault are served ×${ratio(faulty, sound).toFixed(2)} as late because of the others. The aim, at most ×${AIM_RATIO}, is ${met ? 'met' : 'missed'}.`,
  ].join('\n');
}

const count = (amount: number) => amount.toLocaleString('en-US');
