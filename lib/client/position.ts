/** The last frame that a client has of a room. */
export interface Position {
  epoch: string;
  seq: number;
}

/**
 * What to do with a numbered frame, by the rules of PROTOCOL.md ("Numbers"). `gap`: something before it is missing, or
 * the room counts anew: subscribe again, with `since`.
 */
export function judge(
  position: Position | undefined,
  frame: Position & { prev?: number },
): 'take' | 'drop' | 'gap' {
  if (position === undefined) return 'take';
  if (frame.epoch !== position.epoch) return 'gap';
  if (frame.seq <= position.seq) return 'drop';
  return frame.prev !== undefined && frame.prev > position.seq ? 'gap' : 'take';
}
