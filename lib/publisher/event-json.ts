import { show } from '../options/show.ts';
import type { EventRefusal } from '../protocol/parse-room-event.ts';
import type { Parsed } from '../protocol/parsed.ts';

/**
 * The JSON of an event. Refused, with the field, is what JSON cannot say (a BigInt, an object within itself) and what it
 * would turn into `null` in silence: `NaN`, `Infinity`, a date that is none. Clients would show no price, and the service
 * would never hear of it.
 */
export function eventJson(detail: object): Parsed<string, EventRefusal> {
  try {
    const json = JSON.stringify(detail);
    const lost = json.includes('null') ? lostIn(detail) : undefined;
    return lost === undefined ? { ok: true, value: json } : refused(lost);
  } catch (error) {
    const reason = error instanceof Error ? error.message : show(error);
    return refused(lostIn(detail) ?? `: expected what JSON can say; ${reason}`);
  }
}

const refused = (what: string) => ({ ok: false, code: 'invalid_event', message: `detail${what}` }) as const;

/** The first value that its JSON does not say, and its field. */
function lostIn(detail: object): string | undefined {
  const paths = new Map<unknown, string>();
  let lost: string | undefined;
  try {
    JSON.stringify(detail, function (this: Record<string, unknown>, key, value: unknown) {
      const path = paths.has(this) ? `${paths.get(this)}.${key}` : '';
      if (typeof value === 'object' && value !== null) paths.set(value, path);
      const given = this[key];
      if (isLost(value, given)) {
        lost ??= `${path}: expected what JSON can say, got ${given instanceof Date ? 'an invalid date' : show(given)}`;
      }
      return typeof value === 'bigint' ? undefined : value;
    });
  } catch {
    // It is told by what threw first.
  }
  return lost;
}

/** `given` before its `toJSON`, `value` behind it. An object whose JSON is `null` is a date of no day. */
function isLost(value: unknown, given: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'bigint' || (value === null && given !== null);
}
