import { type BenchName, benches } from './benches.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const known = Object.keys(benches) as BenchName[];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(benches, name));

if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(', ')}; there are ${known.join(', ')}.\n`);
  process.exit(1);
}
for (const name of asked.length > 0 ? (asked as BenchName[]) : known) {
  process.stdout.write(`## ${name}\n\n${await benches[name]({ quick: false })}\n\n`);
}
