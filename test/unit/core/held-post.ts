import type { PostOutcome } from '../../../lib/core/ports.ts';

/** A post that ends when the test says so. */
export function held(): { post: () => Promise<PostOutcome>; end(outcome: PostOutcome): void } {
  let end: (outcome: PostOutcome) => void = () => undefined;
  const ended = new Promise<PostOutcome>((resolve) => {
    end = resolve;
  });
  return { post: () => ended, end };
}
