import { expect, it } from 'vitest';
import { readDocument } from '../../support/markdown.ts';

const style = readDocument('lib/monitor/monitor.css');
const [, light = '', dark = ''] =
  style.match(/:root \{(.*?)\}.*?prefers-color-scheme: dark.*?:root \{(.*?)\}/s) ?? [];

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

const colour = (scheme: string, name: string) =>
  scheme.match(new RegExp(`--${name}: (#[0-9a-f]{6})`))?.[1] ?? '';

const pairs = [
  ['text', 'surface'],
  ['text', 'page'],
  ['muted', 'surface'],
  ['muted', 'page'],
  ['accent', 'surface'],
  ['on-accent', 'accent'],
  ['gain', 'surface'],
  ['loss', 'surface'],
  ['loss', 'page'],
] as const;

it.each(pairs)(
  'the colours %s on %s of the monitor can be read, in light and in dark (WCAG AA, 4.5)',
  (text, ground) => {
    for (const scheme of [light, dark]) {
      expect(contrast(colour(scheme, text), colour(scheme, ground))).toBeGreaterThanOrEqual(4.5);
    }
  },
);
