import type { FloodFigures, FloodSide } from './flood.ts';

const AIM = { ratio: 20, lagMs: 1_000 } as const;

const NAMES: Record<FloodSide, string> = {
  direct: 'each event posted to each',
  single: 'stream, single frames',
  batch: 'stream, `batch: true`',
};

/** What posting each event to each member takes. */
const postsOfEach = ({ events, members }: FloodFigures) => events * members;

/** The figures as a Markdown table, and whether the aim is met. */
export function floodTable(figures: readonly FloodFigures[]): string {
  const rows = figures.map((row) => {
    const { side, members, posts, bytes, lag, upToDate, orders, ordersReceived, lastFrameSeconds } = row;
    const all = side === 'direct' && posts < postsOfEach(row) ? ` of ${whole(postsOfEach(row))}` : '';
    const cells = [
      NAMES[side],
      whole(posts) + all,
      (postsOfEach(row) / posts).toFixed(1),
      (bytes / 1e6).toFixed(1),
      whole(lag.median),
      whole(lag.percentile99),
      `${upToDate} of ${members}`,
      `${ordersReceived.toFixed(0)} of ${orders}`,
      lastFrameSeconds.toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| | posts | × fewer | MB sent | lag p50, ms | lag p99, ms | clients up to date | orders | last frame after, s |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    ...figures.filter(({ side }) => side === 'batch').map(aimLine),
  ].join('\n');
}

function aimLine(row: FloodFigures): string {
  const { posts, lag, upToDate, members } = row;
  const ratio = postsOfEach(row) / posts;
  const met = ratio >= AIM.ratio && lag.percentile99 < AIM.lagMs && upToDate === members;
  return (
    `With \`batch: true\` ${whole(postsOfEach(row))} posts become ${whole(posts)}, ×${ratio.toFixed(1)} fewer. The aim, at ` +
    `least ×${AIM.ratio}, a lag below ${whole(AIM.lagMs)} ms at the 99th percentile and every client up to date, is ` +
    `${met ? 'met' : 'missed'}.`
  );
}

const whole = (number: number) => number.toLocaleString('en-US', { maximumFractionDigits: 0 });
