import { soak } from './soak.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const rounds = Number(process.argv[2] ?? 5_000);
const { rowsBeforeTtl, rowsAfterTtl, grownBytes, connections } = await soak(rounds);
const megabytes = (grownBytes / 2 ** 20).toFixed(1);
process.stdout.write(
  `${rounds} rounds: ${connections} connections, ${rowsBeforeTtl} rows before their TTL, ${rowsAfterTtl} after, heap ${megabytes} MB larger\n`,
);
process.exit(rowsAfterTtl === 0 && grownBytes < 10 * 2 ** 20 ? 0 : 1);
