import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MAX_LINES = 300;

interface Import {
  /** A path from the project's root, the name of a package, or `node`. */
  target: string;
  /** Gone when the program runs. */
  isType: boolean;
}

interface SourceFile {
  /** From the project's root. */
  path: string;
  lines: number;
  imports: Import[];
}

const files: SourceFile[] = ['bin', 'lib', 'lambdas'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => read(join(folder, path))),
);

function read(path: string): SourceFile {
  const source = readFileSync(join(root, path), 'utf8');
  const statements = source.matchAll(
    /^(?<kind>import|export)(?<type> type)? [^'";]*?\bfrom '(?<from>[^']+)'|^import '(?<effect>[^']+)'|\bimport\('(?<dynamic>[^']+)'\)/gm,
  );
  const imports = [...statements].map(({ groups = {} }) => ({
    target: resolve(path, groups['from'] ?? groups['effect'] ?? groups['dynamic'] ?? ''),
    isType: groups['type'] !== undefined,
  }));
  return { path, lines: source.trimEnd().split('\n').length, imports };
}

function resolve(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return join(dirname(path), specifier);
  return isBuiltin(specifier) ? 'node' : specifier;
}

const isOwn = (path: string) => /^(bin|lib|lambdas|test)\//.test(path);

const core = files.map(({ path }) => path).filter((path) => /^lib\/core\/[^/]+$/.test(path));
const besidesCoreFolders = [...core, 'lib/protocol/'];

/**
 * What the files of a folder may import: files, folders (with a slash at the end), files for their types alone
 * (`type …`), or any package and Node itself (`packages`).
 */
const rules: Record<string, string[]> = {
  'lib/protocol/': ['lib/protocol/', 'valibot'],
  'lib/contract/': ['lib/contract/', 'lib/protocol/', 'type valibot', '@valibot/to-json-schema'],
  'lib/core/': ['lib/core/', 'lib/protocol/'],
  // messages → stream → broadcast → connection → ports: each imports only what stands to its right.
  'lib/core/messages/': ['lib/core/', 'lib/protocol/'],
  'lib/core/stream/': [
    'lib/core/stream/',
    'lib/core/broadcast/',
    'lib/core/connection/',
    ...besidesCoreFolders,
  ],
  'lib/core/broadcast/': ['lib/core/broadcast/', 'lib/core/connection/', ...besidesCoreFolders],
  'lib/core/connection/': ['lib/core/connection/', ...besidesCoreFolders],
  'lib/store/': ['lib/store/', 'lib/core/', 'lib/protocol/', 'packages'],
  'lib/gateway/': ['lib/gateway/', 'lib/core/', 'lib/protocol/', 'packages'],
  'lib/queue/': ['lib/queue/', 'lib/core/', 'lib/protocol/', 'packages'],
  'lib/workers/': ['lib/workers/', 'lib/core/', 'lib/protocol/', 'packages'],
  'lib/auth/': ['lib/auth/', 'lib/core/', 'lib/protocol/', 'packages'],
  'lib/lambda/': [
    'lib/lambda/',
    'type lib/config/metrics.ts',
    'lib/core/',
    'lib/protocol/',
    'lib/store/',
    'lib/gateway/',
    'lib/queue/',
    'lib/workers/',
    'lib/auth/',
    'lib/canary/',
    'packages',
  ],
  'lib/config/': [
    'lib/config/',
    'lib/protocol/',
    'type lib/auth/token-settings.ts',
    'type lib/canary/tokens.ts',
    'lib/auth/user.ts',
    'lib/store/keys.ts',
    'type lib/local/description.ts',
  ],
  // What the options of the client and of the publisher have in common.
  'lib/options/': ['lib/options/'],
  // In browsers: nothing of the schemas gets there but their types.
  'lib/client/': [
    'lib/client/',
    'lib/options/',
    'type lib/protocol/error-codes.ts',
    'lib/protocol/limits.ts',
    'type lib/protocol/room-events.ts',
    'lib/protocol/room-id-rule.ts',
    'type lib/protocol/server-messages.ts',
    'lib/protocol/conflation.ts',
  ],
  'lib/react/': ['lib/react/', 'lib/client/', 'type lib/protocol/room-events.ts', 'react'],
  'lib/monitor/': [
    'lib/monitor/',
    'lib/client/',
    'type lib/protocol/room-events.ts',
    'lib/protocol/conflation.ts',
    'lib/protocol/sample-events.ts',
  ],
  // How a client goes through a stage and sees whether it works: for the smoke test and for the canary function.
  'lib/canary/': [
    'lib/canary/',
    'lib/protocol/',
    'type lib/core/ports.ts',
    'type lib/core/room-log.ts',
    'packages',
  ],
  'lib/publisher/': ['lib/publisher/', 'lib/options/', 'lib/protocol/', 'packages'],
  // To the functions it refers by their paths: what they import is none of its business.
  'lib/stack/': [
    'lib/stack/',
    'lib/config/',
    'lib/protocol/',
    'lib/auth/token-settings.ts',
    'type lib/auth/user.ts',
    'type lib/canary/tokens.ts',
    'packages',
  ],
  'lib/local/': ['lib/local/', 'packages'],
  'lambdas/': ['lib/', 'packages'],
  'bin/': ['bin/', 'lib/', 'packages'],
};

/** What the ports are made of, and what every folder of the core uses. */
const coreRoot = [
  'type lib/core/connection/connection.ts',
  'type lib/core/connection/membership.ts',
  ...besidesCoreFolders,
];

function isAllowed(allowed: string[], { target, isType }: Import): boolean {
  if (!isOwn(target) && allowed.includes('packages')) return true;
  if (isType && allowed.includes(`type ${target}`)) return true;
  return allowed.some((rule) => (rule.endsWith('/') ? target.startsWith(rule) : target === rule));
}

/** Every import that a condition forbids, as `who imports what`. */
function importsThat(forbidden: (path: string, imported: Import) => boolean): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((imported) => forbidden(path, imported)).map(({ target }) => `${path} imports ${target}`),
  );
}

describe('the architecture', () => {
  it('the architecture test reads every import of every file', () => {
    const targets = files.flatMap(({ imports }) => imports.map(({ target }) => target));
    expect(targets).toEqual(expect.arrayContaining(['lib/protocol/error-codes.ts', 'valibot', 'node']));
    const paths = new Set(files.map(({ path }) => path));
    expect(importsThat((_, { target }) => isOwn(target) && !paths.has(target))).toEqual([]);
    const mentions = files.map(
      ({ path }) => readFileSync(join(root, path), 'utf8').match(/^\S.*\bfrom '/gm) ?? [],
    );
    expect(targets.length).toBeGreaterThanOrEqual(mentions.flat().length);
  });

  it('every file has a rule of what it may import', () => {
    const folders = Object.keys(rules);
    const without = files.filter(({ path }) => !folders.some((folder) => path.startsWith(folder)));
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  it.each(Object.entries(rules))('%s imports only what it may', (folder, allowed) => {
    expect(importsThat((path, imported) => path.startsWith(folder) && !isAllowed(allowed, imported))).toEqual(
      [],
    );
  });

  it('the ports import no folder of the core but the types of its rows', () => {
    expect(importsThat((path, imported) => core.includes(path) && !isAllowed(coreRoot, imported))).toEqual(
      [],
    );
  });

  it('no file outside bin imports bin', () => {
    expect(importsThat((path, { target }) => target.startsWith('bin/') && !path.startsWith('bin/'))).toEqual(
      [],
    );
  });

  it('no imports form a circle', () => {
    expect(cycles()).toEqual([]);
  });

  it(`no file has more than ${MAX_LINES} lines`, () => {
    const long = files
      .filter(({ lines }) => lines > MAX_LINES)
      .map(({ path, lines }) => `${path} has ${lines}`);
    expect(long).toEqual([]);
  });
});

/** Every cycle that a walk along the imports meets, as `a → b → a`. */
function cycles(): string[] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: string[]) => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (done.has(path)) return;
    done.add(path);
    for (const imported of importsOf.get(path) ?? []) walk(imported, [...trail, path]);
  };
  for (const { path } of files) walk(path, []);
  return found;
}
