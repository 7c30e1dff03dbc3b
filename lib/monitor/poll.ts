const INTERVAL_MS = 1_000;
const LONGEST_INTERVAL_MS = 10_000;

/**
 * Asks again and again, a second after each answer; less often when there is none, and not while nobody looks. `told` is
 * told whether the last one answered.
 */
export function poll(ask: () => Promise<void>, told: (isAnswering: boolean) => void): void {
  let interval = INTERVAL_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;

  async function next(): Promise<void> {
    clearTimeout(timer);
    if (document.hidden || isAsking) return;
    isAsking = true;
    const isAnswering = await ask().then(
      () => true,
      () => false,
    );
    isAsking = false;
    interval = isAnswering ? INTERVAL_MS : Math.min(interval * 2, LONGEST_INTERVAL_MS);
    told(isAnswering);
    timer = setTimeout(next, interval);
  }

  document.addEventListener('visibilitychange', next);
  void next();
}
