import type { Frame } from '../client/client.ts';

export interface LoggedFrame extends Frame {
  number: number;
  /** Epoch milliseconds. */
  at: number;
}

/** The last frames, newest first. A pause keeps what is shown; what comes meanwhile is shown afterwards. */
interface FrameLog {
  frames: readonly LoggedFrame[];
  shown: readonly LoggedFrame[];
  isPaused: boolean;
  count: number;
}

export const EMPTY_LOG: FrameLog = { frames: [], shown: [], isPaused: false, count: 0 };

const KEPT = 200;
const LONGEST_LINE = 300;

export function withFrame(log: FrameLog, frame: Frame, at: number): FrameLog {
  const count = log.count + 1;
  const frames = [{ ...frame, number: count, at }, ...log.frames].slice(0, KEPT);
  return { ...log, frames, count, shown: log.isPaused ? log.shown : frames };
}

export function paused(log: FrameLog, isPaused: boolean): FrameLog {
  return { ...log, isPaused, shown: log.frames };
}

/** Those that contain the text, whatever its case. */
export function matching(frames: readonly LoggedFrame[], text: string): readonly LoggedFrame[] {
  const wanted = text.trim().toLowerCase();
  return wanted === '' ? frames : frames.filter((frame) => frame.text.toLowerCase().includes(wanted));
}

/** The frame in one line, cut off where no screen is so wide. */
export function oneLine(text: string): string {
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text;
}

/** Readable JSON, or the text as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
