import type { HugeFigures } from './huge.ts';

export const HUGE_AIM = 1.3;

/** The figures as a Markdown table, and whether the aim is met. */
export function hugeTable(figures: readonly HugeFigures[]): string {
  const rows = figures.map(({ members, quota, cpuMs, result, seconds, ratio }) => {
    const cells = [
      members.toLocaleString('en-US'),
      quota.toLocaleString('en-US'),
      (cpuMs * 1000).toFixed(0),
      result.functions,
      result.throttled.toLocaleString('en-US'),
      (members / quota).toFixed(1),
      seconds.toFixed(1),
      ratio.toFixed(2),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const met = figures.every(
    ({ ratio, members, result }) => ratio <= HUGE_AIM && result.delivered === members,
  );
  return [
    '| members | quota, posts/s | CPU of a post, µs | functions | 429 | members ÷ quota, s | last member, s | × |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `In virtual time. The aim, at most ×${HUGE_AIM} of members ÷ quota, is ${met ? 'met' : 'missed'}.`,
  ].join('\n');
}
