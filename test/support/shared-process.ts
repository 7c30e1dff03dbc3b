import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const folders = [
  'test/stack',
  'test/unit/client',
  'test/unit/config',
  'test/unit/contract',
  'test/unit/core',
  'test/unit/core/stream',
  'test/unit/gateway',
  'test/unit/monitor',
  'test/unit/protocol',
  'test/unit/publisher',
];

/** What takes long by itself, or changes its process. */
const apart = [
  'test/stack/synth-command.test.ts',
  'test/stack/used-permissions.test.ts',
  'test/stack/validation.test.ts',
  'test/unit/client/closing.test.ts',
  'test/unit/client/rooms.test.ts',
  'test/unit/core/member-pages.test.ts',
  'test/unit/publisher/publisher.test.ts',
  'test/unit/publisher/retries.test.ts',
];

/**
 * Tests that run in one process for each worker, which loads CDK, the SDK and the core once instead of for every file.
 * They leave it as it was, see `test/unit/shared-process.test.ts`; all others have a process of their own.
 */
export const sharedFiles = folders
  .flatMap((folder) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`))
  .filter((path) => path.endsWith('.test.ts') && !apart.includes(path));
