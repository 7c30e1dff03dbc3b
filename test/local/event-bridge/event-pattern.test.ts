import { expect, test } from 'vitest';
import { compilePattern, matches } from '../../../lib/local/event-bridge/event-pattern.ts';

const order = {
  version: '0',
  source: 'shop.orders',
  'detail-type': 'Order Placed',
  resources: ['arn:one', 'arn:two'],
  detail: {
    state: 'running',
    count: 3,
    paid: true,
    coupon: null,
    address: { city: 'Zürich', ip: '10.0.0.17', ip6: '2001:db8::7' },
    tags: ['new', 'big'],
    numbers: [1, 20],
    empty: '',
    none: [],
    path: 'dir/sub/file.txt',
    star: 'a*b\\c',
    items: [
      { sku: 'A', units: 1, sizes: ['s', 'm'] },
      { sku: 'B', units: 5 },
    ],
    'dotted.name': 'yes',
  },
};

const inDetail = (detail: Record<string, unknown>) => ({ detail });

const accepted: [string, Record<string, unknown>][] = [
  ['an exact string', { source: ['shop.orders'] }],
  ['one of several strings', { source: ['other', 'shop.orders'] }],
  ['several fields at once', { source: ['shop.orders'], 'detail-type': ['Order Placed'] }],
  ['an exact number', inDetail({ count: [3] })],
  ['a number written otherwise', inDetail({ count: [3.0] })],
  ['true', inDetail({ paid: [true] })],
  ['null', inDetail({ coupon: [null] })],
  ['an empty string', inDetail({ empty: [''] })],
  ['a nested field', inDetail({ address: { city: ['Zürich'] } })],
  ['any element of an array', { resources: ['arn:two'] }],
  ['a field inside any object of an array', inDetail({ items: { sku: ['B'] } })],
  ['two fields of the same object of an array', inDetail({ items: { sku: ['B'], units: [5] } })],
  ['an array inside an object of an array', inDetail({ items: { sizes: ['m'], units: [1] } })],
  ['an element of an array of strings, by $or', { $or: [{ resources: ['x'] }, { resources: ['arn:one'] }] }],
  ['a name with dots as nested names', inDetail({ dotted: { name: ['yes'] } })],
  ['prefix', { source: [{ prefix: 'shop.' }] }],
  ['prefix in another case', { source: [{ prefix: { 'equals-ignore-case': 'SHOP.' } }] }],
  ['an empty prefix', { source: [{ prefix: '' }] }],
  ['suffix', inDetail({ path: [{ suffix: '.txt' }] })],
  ['suffix in another case', inDetail({ path: [{ suffix: { 'equals-ignore-case': '.TXT' } }] })],
  ['equals-ignore-case', { 'detail-type': [{ 'equals-ignore-case': 'order placed' }] }],
  ['wildcard in the middle', inDetail({ path: [{ wildcard: 'dir/*/file.txt' }] })],
  ['several wildcards', inDetail({ path: [{ wildcard: '*/sub/*.txt' }] })],
  ['a wildcard for nothing', inDetail({ state: [{ wildcard: 'running*' }] })],
  ['an escaped star and backslash', inDetail({ star: [{ wildcard: 'a\\*b\\\\*' }] })],
  ['anything-but one string', inDetail({ state: [{ 'anything-but': 'stopped' }] })],
  ['anything-but one number', inDetail({ count: [{ 'anything-but': 4 }] })],
  ['anything-but a list of strings', inDetail({ state: [{ 'anything-but': ['stopped', 'lost'] }] })],
  ['anything-but a list of numbers', inDetail({ count: [{ 'anything-but': [1, 2] }] })],
  ['anything-but a string, of null', inDetail({ coupon: [{ 'anything-but': 'stopped' }] })],
  ['anything-but of another element', inDetail({ tags: [{ 'anything-but': 'new' }] })],
  ['anything-but prefix', inDetail({ state: [{ 'anything-but': { prefix: 'stop' } }] })],
  ['anything-but prefix, of a number', inDetail({ count: [{ 'anything-but': { prefix: '3' } }] })],
  ['anything-but prefixes', inDetail({ state: [{ 'anything-but': { prefix: ['stop', 'lo'] } }] })],
  ['anything-but suffix', inDetail({ state: [{ 'anything-but': { suffix: 'ed' } }] })],
  [
    'anything-but ignoring case',
    inDetail({ state: [{ 'anything-but': { 'equals-ignore-case': 'STOPPED' } }] }),
  ],
  ['anything-but wildcard', inDetail({ path: [{ 'anything-but': { wildcard: '*/lib/*' } }] })],
  ['numeric =', inDetail({ count: [{ numeric: ['=', 3] }] })],
  ['numeric >=', inDetail({ count: [{ numeric: ['>=', 3] }] })],
  ['a numeric range', inDetail({ count: [{ numeric: ['>', 0, '<=', 3] }] })],
  ['numeric of any element', inDetail({ numbers: [{ numeric: ['>', 10] }] })],
  ['exists', inDetail({ state: [{ exists: true }] })],
  ['exists of null', inDetail({ coupon: [{ exists: true }] })],
  ['exists: false of a missing field', inDetail({ lost: [{ exists: false }] })],
  ['exists: false below a missing object', inDetail({ lost: { inner: [{ exists: false }] } })],
  ['exists: false of an object, which is no leaf', inDetail({ address: [{ exists: false }] })],
  ['a missing field or a value', inDetail({ state: [{ exists: false }, 'running'] })],
  ['cidr', inDetail({ address: { ip: [{ cidr: '10.0.0.0/24' }] } })],
  ['cidr of IPv6', inDetail({ address: { ip6: [{ cidr: '2001:db8::/32' }] } })],
  ['$or by its second branch', inDetail({ $or: [{ state: ['lost'] }, { count: [3] }] })],
  ['$or with a sibling', inDetail({ $or: [{ state: ['lost'] }, { count: [3] }], paid: [true] })],
  ['$or within $or', { $or: [{ source: ['x'] }, { $or: [{ source: ['y'] }, { source: ['shop.orders'] }] }] }],
];

const refused: [string, Record<string, unknown>][] = [
  ['another string', { source: ['shop'] }],
  ['the same word in another case', { source: ['SHOP.orders'] }],
  ['a missing field', inDetail({ lost: ['x'] })],
  ['one field of two', { source: ['shop.orders'], 'detail-type': ['x'] }],
  ['a number for a string of it', inDetail({ count: ['3'] })],
  ['true for a string of it', inDetail({ paid: ['true'] })],
  ['null of an empty array', inDetail({ none: [null] })],
  ['an object for a string', inDetail({ address: ['Zürich'] })],
  ['a field below a string', inDetail({ state: { inner: ['running'] } })],
  ['two fields of different objects of an array', inDetail({ items: { sku: ['A'], units: [5] } })],
  ['prefix of another word', { source: [{ prefix: 'orders' }] }],
  ['prefix of a number', inDetail({ count: [{ prefix: '3' }] })],
  ['suffix of another word', inDetail({ path: [{ suffix: '.png' }] })],
  ['a wildcard that ends too early', inDetail({ path: [{ wildcard: 'dir/*/file' }] })],
  ['a wildcard whose ends overlap', inDetail({ state: [{ wildcard: 'runni*nning' }] })],
  ['anything-but that very string', inDetail({ state: [{ 'anything-but': 'running' }] })],
  ['anything-but that very number', inDetail({ count: [{ 'anything-but': [3, 4] }] })],
  ['anything-but of a missing field', inDetail({ lost: [{ 'anything-but': 'x' }] })],
  ['anything-but its prefix', inDetail({ state: [{ 'anything-but': { prefix: 'run' } }] })],
  ['anything-but its suffix', inDetail({ state: [{ 'anything-but': { suffix: ['ning', 'x'] } }] })],
  [
    'anything-but ignoring case',
    inDetail({ state: [{ 'anything-but': { 'equals-ignore-case': ['RUNNING'] } }] }),
  ],
  ['anything-but its wildcard', inDetail({ path: [{ 'anything-but': { wildcard: '*/sub/*' } }] })],
  ['numeric of a string', inDetail({ state: [{ numeric: ['>', 0] }] })],
  ['a number outside of the range', inDetail({ count: [{ numeric: ['>', 3, '<', 9] }] })],
  ['exists of a missing field', inDetail({ lost: [{ exists: true }] })],
  ['exists of an object, which is no leaf', inDetail({ address: [{ exists: true }] })],
  ['exists: false of a field that is there', inDetail({ state: [{ exists: false }] })],
  ['exists: false when one object of an array has it', inDetail({ items: { sizes: [{ exists: false }] } })],
  ['cidr of another network', inDetail({ address: { ip: [{ cidr: '10.0.1.0/24' }] } })],
  ['cidr of what is no address', inDetail({ state: [{ cidr: '10.0.0.0/24' }] })],
  ['no branch of $or', inDetail({ $or: [{ state: ['lost'] }, { count: [4] }] })],
  ['$or whose sibling fails', inDetail({ $or: [{ state: ['running'] }, { count: [3] }], paid: [false] })],
];

const invalid: [string, unknown][] = [
  ['no object', ['shop']],
  ['an empty object', {}],
  ['an empty nested object', { detail: {} }],
  ['an empty array', { source: [] }],
  ['a bare value', { source: 'shop.orders' }],
  ['a nested array', { source: [['shop']] }],
  ['an unknown operator', { source: [{ starts: 'shop' }] }],
  ['two operators in one object', { source: [{ prefix: 'a', suffix: 'b' }] }],
  ['a prefix that is no string', { source: [{ prefix: 1 }] }],
  ['a wildcard with two stars', { source: [{ wildcard: 'a**b' }] }],
  ['a wildcard with another escape', { source: [{ wildcard: 'a\\nb' }] }],
  ['a wildcard that ends in a backslash', { source: [{ wildcard: 'a\\' }] }],
  ['anything-but of null', { source: [{ 'anything-but': null }] }],
  ['anything-but of strings and numbers', { source: [{ 'anything-but': ['a', 1] }] }],
  ['anything-but an empty prefix', { source: [{ 'anything-but': { prefix: '' } }] }],
  ['anything-but an unknown operator', { source: [{ 'anything-but': { numeric: ['=', 1] } }] }],
  ['an unknown comparison', { source: [{ numeric: ['!=', 1] }] }],
  ['an upper bound before the lower', { source: [{ numeric: ['<', 5, '>', 1] }] }],
  ['a range of nothing', { source: [{ numeric: ['>', 5, '<', 5] }] }],
  ['a number out of range', { source: [{ numeric: ['<', 6e9] }] }],
  ['exists of a word', { source: [{ exists: 'yes' }] }],
  ['cidr without a mask', { source: [{ cidr: '10.0.0.0' }] }],
  ['cidr with a mask too long', { source: [{ cidr: '10.0.0.0/33' }] }],
  ['$or with one branch', { $or: [{ source: ['a'] }] }],
  ['$or of strings', { $or: ['a', 'b'] }],
];

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
test.each(accepted)('an event pattern matches %s', (_name, pattern) => {
  expect(matches(pattern, order)).toBe(true);
});

test.each(refused)('an event pattern does not match %s', (_name, pattern) => {
  expect(matches(pattern, order)).toBe(false);
});

test.each(invalid)('an event pattern is refused when it is made: %s', (_name, pattern) => {
  expect(() => compilePattern(pattern)).toThrow('Event pattern is not valid');
});

test('an event pattern names the field that is wrong', () => {
  expect(() => compilePattern({ detail: { state: [{ starts: 'x' }] } })).toThrow(
    'detail.state uses the unknown operator "starts"',
  );
});
