import type { SharedCase, SharedFigures } from './shared.ts';

/** Seconds within which so many rooms of 1,000 should have one frame, from a cold start and nobody told its share. */
export const SHARED_AIMS: readonly { rooms: number; seconds: number }[] = [
  { rooms: 10, seconds: 1 },
  { rooms: 50, seconds: 5.5 },
];

/** The figures as a Markdown table, and whether the aims are met. */
export function sharedTable(figures: readonly SharedFigures[]): string {
  const rows = figures.map((row) => {
    const { rooms, members, frames, result, disconnected, seconds } = row;
    const cells = [
      `${rooms} × ${count(members)} × ${frames}`,
      processesOf(row),
      count(result.posts),
      `${((100 * result.throttled) / result.posts).toFixed(0)} %`,
      count(disconnected),
      count(result.throttledOut),
      // The time was up before they had all of their frames.
      count(rooms * members - result.delivered - result.throttledOut),
      seconds.toFixed(2),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const verdicts = [
    verdict(
      'nobody disconnected',
      figures.every(({ disconnected }) => disconnected === 0),
    ),
    ...SHARED_AIMS.map(({ rooms, seconds }) =>
      verdict(
        `${rooms} × 1,000 × 1 within ${seconds.toFixed(1)} s`,
        figures.some((row) => isAim(row, rooms) && isDone(row) && row.seconds <= seconds),
      ),
    ),
  ];
  return [
    '| rooms × members × frames | processes | posts | 429 | disconnected | throttled out | late | last delivery, s |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `In virtual time. The aims: ${verdicts.join('; ')}.`,
  ].join('\n');
}

function processesOf({ isWarm = false, isDivided = false }: SharedCase): string {
  if (isDivided) return 'told their shares';
  return isWarm ? 'warm' : 'cold';
}

function isAim(
  { rooms, members, frames, isWarm = false, isDivided = false }: SharedCase,
  asked: number,
): boolean {
  return rooms === asked && members === 1_000 && frames === 1 && !isWarm && !isDivided;
}

function isDone({ rooms, members, result }: SharedFigures): boolean {
  return result.delivered === rooms * members;
}

function verdict(aim: string, isMet: boolean): string {
  return `${aim} is ${isMet ? 'met' : 'missed'}`;
}

const count = (amount: number) => amount.toLocaleString('en-US');
