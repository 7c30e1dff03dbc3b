import type { Frame } from '../client/client.ts';

export interface LoggedFrame extends Frame {
  number: number;
  /** Epoch milliseconds. */
  at: number;
}

/** The last frames, newest first. During a pause `shown` does not change; new frames are shown after it. */
interface FrameLog {
  frames: readonly LoggedFrame[];
  shown: readonly LoggedFrame[];
  isPaused: boolean;
  count: number;
}

export const EMPTY_LOG: FrameLog = { frames: [], shown: [], isPaused: false, count: 0 };

const KEPT = 200;
const MAX_LINE = 300;

export function withFrame(log: FrameLog, frame: Frame, at: number): FrameLog {
  const count = log.count + 1;
  const frames = [{ ...frame, number: count, at }, ...log.frames].slice(0, KEPT);
  return { ...log, frames, count, shown: log.isPaused ? log.shown : frames };
}

export function paused(log: FrameLog, isPaused: boolean): FrameLog {
  return { ...log, isPaused, shown: log.frames };
}

/** The frames that contain the text, ignoring case. */
export function matching(frames: readonly LoggedFrame[], text: string): readonly LoggedFrame[] {
  const wanted = text.trim().toLowerCase();
  return wanted === '' ? frames : frames.filter((frame) => frame.text.toLowerCase().includes(wanted));
}

/** The frame in one line, shortened to 300 characters. */
export function oneLine(text: string): string {
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text;
}

/** Indented JSON; a text that is not JSON is unchanged. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
