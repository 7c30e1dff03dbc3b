import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Vitest knows how long a file takes only once it has run here: after `npm ci` it would begin these last. */
const longest = [
  'test/package/package.test.ts',
  'test/e2e/crowd.test.ts',
  'test/browser/monitor.test.ts',
  'test/e2e/commands.test.ts',
  'test/soak/soak.test.ts',
  'test/simulation/simulation.test.ts',
  'test/stack/used-permissions.test.ts',
  'test/stack/validation.test.ts',
  'test/stack/synth-command.test.ts',
];

/** Begins with the files that take longest, so that no worker is left with one of them at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((file) => moduleId.endsWith(file));
      return index === -1 ? longest.length : index;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
