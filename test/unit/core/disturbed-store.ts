import type { Store } from '../../../lib/core/ports.ts';

type Write = 'putMembership' | 'refuseRoom' | 'setRoom';

/** The store as the SDK calls it when the first answer is lost: every such write runs twice, the second is answered. */
export function repeating(store: Store, write: Write): Store {
  const repeat =
    <Parameters extends unknown[], Result>(call: (...parameters: Parameters) => Promise<Result>) =>
    async (...parameters: Parameters): Promise<Result> => {
      await call(...parameters);
      return call(...parameters);
    };
  return { ...store, [write]: repeat<never[], unknown>(store[write]) };
}

/** The store with something that another handler does in between: right before, or right after, the first such write. */
export function interrupted(
  store: Store,
  when: 'before' | 'after',
  write: Write,
  meanwhile: () => Promise<unknown>,
) {
  let pending = true;
  const once = async () => {
    if (!pending) return;
    pending = false;
    await meanwhile();
  };
  const interrupt =
    <Parameters extends unknown[], Result>(call: (...parameters: Parameters) => Promise<Result>) =>
    async (...parameters: Parameters): Promise<Result> => {
      if (when === 'before') await once();
      const result = await call(...parameters);
      if (when === 'after') await once();
      return result;
    };
  return { ...store, [write]: interrupt<never[], unknown>(store[write]) };
}
