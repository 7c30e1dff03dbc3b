import { expect, it } from 'vitest';
import { EMPTY_LOG, matching, oneLine, paused, pretty, withFrame } from '../../../lib/monitor/frame-log.ts';
import { bars, percentile, withLatency } from '../../../lib/monitor/latency.ts';

const received = (text: string) => ({ direction: 'received' as const, text });
const texts = (frames: readonly { text: string }[]) => frames.map(({ text }) => text);

it('the frames of the monitor are the newest two hundred, newest first', () => {
  let log = EMPTY_LOG;
  for (let count = 1; count <= 201; count += 1) log = withFrame(log, received(String(count)), count);
  expect([log.shown.length, log.shown[0]?.text, log.shown.at(-1)?.text]).toEqual([200, '201', '2']);
  expect(log.count).toBe(201);
});

it('the frames of the monitor stand still while paused, and none is lost by that', () => {
  let log = paused(withFrame(EMPTY_LOG, received('before'), 1), true);
  log = withFrame(log, received('meanwhile'), 2);
  expect(texts(log.shown)).toEqual(['before']);
  expect(texts(paused(log, false).shown)).toEqual(['meanwhile', 'before']);
});

it('the frames of the monitor are filtered by any part of their text', () => {
  const log = withFrame(
    withFrame(EMPTY_LOG, received('{"type":"pong"}'), 1),
    received('{"symbol":"AAPL"}'),
    2,
  );
  expect(texts(matching(log.shown, ' aapl '))).toEqual(['{"symbol":"AAPL"}']);
  expect(matching(log.shown, '')).toHaveLength(2);
});

it('the frames of the monitor are cut off in their line, not when opened', () => {
  const text = 'x'.repeat(301);
  expect(oneLine(text)).toBe(`${'x'.repeat(300)}…`);
  expect(oneLine('x'.repeat(300))).toBe('x'.repeat(300));
  expect(pretty(text)).toBe(text);
});

it('the frames of the monitor are readable when opened, even if they are no JSON', () => {
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(pretty('{')).toBe('{');
});

it('the latency of the monitor is that of the last hundred and twenty events; none is early', () => {
  let latencies = withLatency([], -5);
  for (let count = 1; count <= 120; count += 1) latencies = withLatency(latencies, count);
  expect([latencies.length, latencies[0]]).toEqual([120, 1]);
  expect(withLatency([], -5)).toEqual([0]);
});

it('the latency of the monitor has a median and a 99th percentile', () => {
  const latencies = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(latencies, 0.5), percentile(latencies, 0.99)]).toEqual([51, 100]);
  expect(percentile([], 0.5)).toBeUndefined();
});

it('the latency of the monitor is drawn as bars that stay in the drawing, the newest on the right', () => {
  const drawn = bars([10, 0, 40], 240, 60);
  expect(drawn.map(({ height }) => height)).toEqual([15, 1, 60]);
  expect(drawn.at(-1)?.x).toBe(238);
  for (const { y, height } of drawn) expect(y + height).toBe(60);
});
