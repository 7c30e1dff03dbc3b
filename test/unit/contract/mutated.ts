import fc from 'fast-check';

/** What a sender may put where something else belongs. */
const strays: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  '',
  '42',
  'a b',
  'x'.repeat(17),
  'x'.repeat(129),
  'x'.repeat(257),
  '😀'.repeat(100),
  'too_old',
  [],
  [{}],
  {},
  { roomId: 42 },
  { epoch: 'e', seq: 1 },
  { 42: 17 },
  Object.fromEntries(Array.from({ length: 101 }, (_, index) => [index, index])),
];

type Field = { of: Record<string, unknown>; name: string };

/** One of the messages, as it is or with a few of its fields, at any depth, left out, replaced or added. */
export function mutated(messages: readonly object[]): fc.Arbitrary<Record<string, unknown>> {
  const change = fc.record({
    at: fc.nat(),
    stray: fc.option(fc.oneof(fc.constantFrom(...strays), fc.jsonValue()), { nil: undefined }),
    add: fc.constantFrom(undefined, 'roomId', 'bullPenId', 'id', 'since', 'rooms', 'prev', 'unknown'),
  });
  return fc
    .tuple(fc.constantFrom(...messages), fc.array(change, { maxLength: 3 }))
    .map(([message, changes]) => {
      const copy = structuredClone(message) as Record<string, unknown>;
      for (const { at, stray, add } of changes) {
        const fields = fieldsOf(copy);
        const field = fields[at % fields.length];
        if (field !== undefined) alter(field, structuredClone(stray), add);
      }
      return copy;
    });
}

function alter({ of, name }: Field, stray: unknown, add: string | undefined): void {
  if (stray === undefined) delete of[name];
  else of[Array.isArray(of) ? name : (add ?? name)] = stray;
}

function fieldsOf(value: unknown): Field[] {
  if (typeof value !== 'object' || value === null) return [];
  const of = value as Record<string, unknown>;
  return Object.keys(of).flatMap((name) => [{ of, name }, ...fieldsOf(of[name])]);
}
