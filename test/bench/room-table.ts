import type { RoomFigures } from './room.ts';

const AIM = { members: 1_000, ratio: 3 } as const;

/** The figures as a Markdown table, and whether the aim is met. */
export function roomTable(figures: readonly RoomFigures[]): string {
  const rows = figures.map(({ members, ours, sample, bare }) => {
    const times = [ours.first, ours.last, sample.first, sample.last, bare.last];
    const cells = [
      members.toLocaleString('en-US'),
      ...times.map((milliseconds) => milliseconds.toFixed(0)),
      (sample.last / ours.last).toFixed(1),
      (ours.last / bare.last).toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const aimed = figures.find(({ members }) => members === AIM.members);
  const ratio = aimed === undefined ? Number.NaN : aimed.sample.last / aimed.ours.last;
  return [
    '| clients | first, ms | last, ms | sample: first, ms | sample: last, ms | bare `ws` loop: last, ms | sample ÷ ours | ours ÷ bare |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `The last of ${AIM.members.toLocaleString('en-US')} clients has the frame ×${ratio.toFixed(2)} as soon as by the sample. ` +
      `The aim, at least ×${AIM.ratio}, is ${ratio >= AIM.ratio ? 'met' : 'missed'}.`,
  ].join('\n');
}
