import { byId, setText } from './dom.ts';
import { bars, type Latencies, percentile } from './latency.ts';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [240, 60];

export function latencyPanel(): (latencies: Latencies) => void {
  const text = byId('latency-text');
  const drawing = byId<SVGSVGElement>('latency');
  return (latencies) => {
    const [half, most] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
    if (half === undefined || most === undefined) return;
    setText(text, `median ${half} ms, 99th percentile ${most} ms, of the last ${latencies.length}`);
    drawing.replaceChildren(
      ...bars(latencies, WIDTH, HEIGHT).map((bar) => {
        const rectangle = document.createElementNS(SVG, 'rect');
        for (const [name, value] of Object.entries(bar)) rectangle.setAttribute(name, value.toFixed(1));
        return rectangle;
      }),
    );
  };
}
