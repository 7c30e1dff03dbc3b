/** A machine that has much else to do takes this long to start the emulator. */
const PATIENCE_MS = 30_000;

/** The promise, or after half a minute a rejection that names what was awaited. */
export async function within<Value>(promise: Promise<Value>, awaited: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<never>((_, reject) => {
    // Made here, so that the stack shows the test that waits.
    const error = new Error(`Waited ${PATIENCE_MS / 1000} s for ${awaited}`);
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, impatience]);
  } finally {
    clearTimeout(timer);
  }
}
