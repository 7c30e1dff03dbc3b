import { settings } from '../../lib/config/settings.ts';
import { growthOf, type Memory } from './memory.ts';
import { type Sample, soak } from './soak.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const MINUTE_MS = 60_000;
/** Each writes a line at least: the 20,000 that the emulator keeps are full by then, and the pools of sockets as well. */
const WARM_UP_INVOCATIONS = 20_000;
/** From then on as many rows expire as come. */
const STEADY_SECONDS = settings.recoverySeconds.default + 100;
/** Of the clients, on a machine with other work. */
const MOST_INTERRUPTED = 0.2;
const minutes = Number(process.argv[2] ?? 20);
if (!(minutes > 0)) {
  process.stderr.write('npm run soak [-- <minutes>]: expected how many minutes, 20 by default\n');
  process.exit(1);
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const cells = (values: readonly unknown[]) => print(`| ${values.join(' | ')} |`);
const row = (when: string, memory: Memory, sample?: Pick<Sample, 'connections' | 'rows'>) =>
  cells([
    when,
    ...[memory.rss, memory.heap, memory.arrayBuffers, memory.handles],
    sample?.connections ?? 0,
    sample?.rows ?? 0,
  ]);

cells(['', 'RSS, MB', 'heap, MB', 'array buffers, MB', 'handles', 'connections', 'rows']);
print('|---|---|---|---|---|---|---|');
let over = Number.POSITIVE_INFINITY;
const samples: Sample[] = [];
const result = await soak({
  isWarm: ({ invocations }) => invocations >= WARM_UP_INVOCATIONS,
  restMs: 80_000,
  isOver: () => Date.now() >= over,
  sampleEveryMs: 2 * MINUTE_MS,
  onBegin(before) {
    over = Date.now() + minutes * MINUTE_MS;
    row('before', before);
  },
  onSample(sample) {
    samples.push(sample);
    row(`${Math.round(sample.seconds / 60)} min`, sample, sample);
  },
}).catch((error: Error) => {
  // The emulator in this process takes an exception that nobody catches for one of its functions.
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
const { before, after, rowsLeft, connectionsLeft, ...counts } = result;
row('after', after, { connections: connectionsLeft, rows: rowsLeft });
print(
  `\n${Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ')}`,
);

// Under load RSS swings by 120 MB with the collector; at rest it is compared, like the rest.
const steady = samples.find(({ seconds }) => seconds >= STEADY_SECONDS) ?? samples.at(-1) ?? before;
const faults = [
  ...growthOf(before, after, ['rss', 'heap', 'arrayBuffers', 'handles']),
  ...growthOf(steady, samples.at(-1) ?? steady, ['heap']),
  ...(rowsLeft > 0 ? [`${rowsLeft} rows are left`] : []),
  ...(connectionsLeft > 0 ? [`${connectionsLeft} connections are left`] : []),
  ...(counts.interrupted > counts.rounds * MOST_INTERRUPTED ? ['too many clients heard no event'] : []),
  ...(counts.deadLetters !== counts.badEvents ? ['the dead letters are not the bad events'] : []),
];
print(faults.length === 0 ? 'Flat.' : `Not flat: ${faults.join('; ')}.`);
process.exit(faults.length === 0 ? 0 : 1);
