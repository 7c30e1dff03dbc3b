import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { type PackageEntry, packageEntries } from './entries.ts';

const settings: BuildOptions = {
  bundle: true,
  // Packages are not bundled, so that the consumer's copy is the only one.
  packages: 'external',
  // Not minified, so that a debugger shows readable code; the consumer's bundler minifies.
  minify: false,
  logLevel: 'warning',
};

/** Writes `<name>.js`, an ES module, and `<name>.cjs` for every entry. */
export async function buildScripts(root: string, directory: string): Promise<void> {
  const common = { ...settings, absWorkingDir: root };
  await Promise.all(
    packageEntries.flatMap((entry) => [
      build({ ...common, ...optionsOf(entry), format: 'esm', outfile: join(directory, `${entry.name}.js`) }),
      build({
        ...common,
        ...optionsOf(entry),
        ...importMeta(entry),
        format: 'cjs',
        outfile: join(directory, `${entry.name}.cjs`),
      }),
    ]),
  );
}

function optionsOf({ source, platform }: PackageEntry): BuildOptions {
  const entryPoints = [source];
  return platform === 'node'
    ? { entryPoints, platform: 'node', target: 'node20' }
    : { entryPoints, platform: 'neutral', target: 'es2022' };
}

/** Defines `import.meta.url` for CommonJS, because the construct finds its files by it. */
function importMeta({ name }: PackageEntry): BuildOptions {
  if (name !== 'cdk') return {};
  return {
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  };
}
