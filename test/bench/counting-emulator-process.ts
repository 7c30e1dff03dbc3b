import { startBenchEmulator } from './bench-emulator.ts';
import type { EmulatorCounts } from './counting-emulator.ts';
import { DIRECT_SOURCE } from './direct-source.ts';

const nothing = (): EmulatorCounts => ({ calls: {}, runs: {} });
let counts = nothing();

const emulator = await startBenchEmulator({
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
  await emulator.close();
  process.exit();
});
process.send?.(emulator.port);
