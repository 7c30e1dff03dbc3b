/*
 * Readers of what services publish. They own the fields: one may be missing, null or of another kind, and the page shows
 * nothing for it.
 */

export function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Of a number or a decimal string. */
export function amount(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
