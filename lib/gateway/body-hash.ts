import { createHash } from 'node:crypto';

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Hashes a body once, however many connections get it. It must not be changed afterwards. */
export function hashOnce(hash: (body: Uint8Array) => string = sha256): (body: Uint8Array) => string {
  const hashes = new WeakMap<Uint8Array, string>();
  return (body) => {
    const known = hashes.get(body);
    if (known !== undefined) return known;
    const computed = hash(body);
    hashes.set(body, computed);
    return computed;
  };
}
