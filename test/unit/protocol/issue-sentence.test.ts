import * as v from 'valibot';
import { expect, it } from 'vitest';
import { sentence } from '../../../lib/protocol/parsing.ts';

function sentenceOf(schema: v.GenericSchema, value: unknown): string {
  const { issues } = v.safeParse(schema, value);
  if (issues === undefined) throw new Error('the value was taken');
  return sentence(issues, 'data');
}

const nested = v.object({ list: v.array(v.object({ price: v.number() })) });

it('the sentence of an issue names the place by its path', () => {
  const value = { list: [{ price: 1 }, { price: 'S3cr3t' }] };
  expect(sentenceOf(nested, value)).toBe('data.list.1.price: expected number');
});

it('the sentence of an issue names the root if the value itself is wrong', () => {
  expect(sentenceOf(nested, 'S3cr3t')).toBe('data: expected an object');
});

it('the sentence of an issue uses the words of the schema if it has its own', () => {
  expect(sentenceOf(v.object({ id: v.string('must be a string') }), { id: 5 })).toBe(
    'data.id: must be a string',
  );
});

it.each([
  v.string(),
  v.pipe(v.string(), v.maxLength(3)),
  v.pipe(v.string(), v.regex(/^x$/)),
  v.pipe(v.string(), v.startsWith('x')),
  v.picklist(['a', 'b']),
  v.literal('a'),
  v.union([v.number(), v.boolean()]),
  v.strictObject({}),
  v.variant('type', [v.object({ type: v.literal('a') })]),
])('the sentence of an issue never quotes the value (%#)', (schema) => {
  const values = ['S3cr3t', ['S3cr3t'], { type: 'S3cr3t' }].filter((value) => !v.is(schema, value));
  expect(values).not.toEqual([]);
  for (const value of values) expect(sentenceOf(schema, value)).not.toContain('S3cr3t');
});

it('the sentence of an issue is one even if a schema expects nothing in particular', () => {
  const schema = v.pipe(
    v.string(),
    v.check(() => false),
  );
  expect(sentenceOf(schema, 'S3cr3t')).toBe('data: expected something else');
});

it('the sentence of a missing field says that it is missing', () => {
  const parsed = v.safeParse(v.looseObject({ roomId: v.string() }), {});
  expect(parsed.issues && sentence(parsed.issues, 'detail')).toBe('detail.roomId: is missing');
});
