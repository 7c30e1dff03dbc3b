import { bundleTable, measureBundles } from './bundles.ts';

const TIMES = 15;

process.stdout.write(`${bundleTable(await measureBundles(TIMES))}\n`);
