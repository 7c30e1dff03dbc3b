import { startBenchShim } from './bench-shim.ts';
import type { ShimCounts } from './counting-shim.ts';
import { DIRECT_SOURCE } from './direct-source.ts';

const nothing = (): ShimCounts => ({ calls: {}, runs: {} });
let counts = nothing();

const shim = await startBenchShim({
  beside: { direct: { source: DIRECT_SOURCE, entry: 'test/bench/direct-broadcaster.ts' } },
  faults: {
    async onCall({ service, operation }) {
      const name = `${service} ${operation}`;
      counts.calls[name] = (counts.calls[name] ?? 0) + 1;
      return undefined;
    },
  },
  onRun(functionName, milliseconds) {
    counts.runs[functionName] ??= [];
    counts.runs[functionName].push(milliseconds);
  },
});
process.on('message', () => {
  process.send?.(counts);
  counts = nothing();
});
process.on('disconnect', async () => {
  await shim.close();
  process.exit();
});
process.send?.(shim.port);
