import type { GrowthFigures } from './growth.ts';

const AIM = { from: 1_000, to: 10_000, cpuChange: 0.2, memoryRatio: 2 } as const;

/** The figures as a Markdown table, and whether the aim is met. */
export function growthTable(figures: readonly GrowthFigures[]): string {
  const rows = figures.map((row) => {
    const cells = [
      row.members.toLocaleString('en-US'),
      row.cpuMicroseconds.toFixed(0),
      row.posts.toFixed(2),
      row.readUnits.toFixed(3),
      (row.bytes / 2 ** 20).toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| members | CPU a member, µs | posts a member | read units a member | memory, MB |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    aimLine(figures),
  ].join('\n');
}

function aimLine(figures: readonly GrowthFigures[]): string {
  const small = figures.find(({ members }) => members === AIM.from);
  const large = figures.find(({ members }) => members === AIM.to);
  const ratio = (of: (row: GrowthFigures) => number) => (small && large ? of(large) / of(small) : Number.NaN);
  const cpu = ratio((row) => row.cpuMicroseconds);
  const memory = ratio((row) => row.bytes);
  const met = Math.abs(cpu - 1) <= AIM.cpuChange && memory <= AIM.memoryRatio;
  return (
    `From ${AIM.from.toLocaleString('en-US')} to ${AIM.to.toLocaleString('en-US')} members, CPU a member is ×${cpu.toFixed(2)} and memory ×${memory.toFixed(2)}. ` +
    `The aim, ×${1 - AIM.cpuChange} to ×${1 + AIM.cpuChange} and at most ×${AIM.memoryRatio}, is ${met ? 'met' : 'missed'}.`
  );
}
