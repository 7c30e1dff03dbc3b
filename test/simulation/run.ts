import { parseArgs } from 'node:util';
import { type Mutant, mutants } from './mutants.ts';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';

const usage = `npm run simulate -- [--seeds 2000] [--first 1] [--mutant <name>]
npm run simulate -- --seed <number> [--mutant <name>]

Runs the real handlers on a simulated AWS, once for each seed; with --seed one alone, and prints all that happened.
Mutants, which must be caught: ${Object.keys(mutants).join(', ')}`;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${usage}\n`);
  return process.exit(1);
}

function numberOf(name: string, text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : fail(`--${name}: expected a whole number, got "${text}"`);
}

function mutantOf(name: string | undefined): Mutant {
  if (name === undefined) return {};
  const known: Record<string, Mutant> = mutants;
  return known[name] ?? fail(`--mutant: there is no mutant "${name}"`);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string', default: '2000' },
        first: { type: 'string', default: '1' },
        mutant: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
const options = readOptions();
const mutant = mutantOf(options.mutant);
if (options.help) {
  print(usage);
} else if (options.seed !== undefined) {
  const { trace, violations } = await simulate(numberOf('seed', options.seed), { mutant });
  print(`${trace.join('\n')}\n${violations.length} violations`);
  process.exitCode = violations.length > 0 ? 1 : 0;
} else {
  const [count, first] = [numberOf('seeds', options.seeds), numberOf('first', options.first)];
  const { failed } = await runSeeds({ first, count, mutant, print });
  process.exitCode = failed.length > 0 ? 1 : 0;
}
