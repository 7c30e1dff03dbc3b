import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/start-local.ts';

const run = promisify(execFile);

/** What a consumer has beside the package; each is optional for whoever does not use the entry that needs it. */
const peers = ['react', 'aws-cdk-lib', 'constructs', '@aws-sdk/client-eventbridge'];
/** What the consumers of this test need for themselves. */
const ownDependencies = ['react-dom', '@types/node'];

export interface InstalledPackage {
  tarball: string;
  /** A folder in which nothing but the package and its peers is installed. */
  consumer: string;
  remove(): Promise<void>;
}

/**
 * Builds and packs the project, and installs the tarball in an empty folder. Nothing comes from the network: valibot and
 * the peers are those of the project.
 */
export async function installPackage(): Promise<InstalledPackage> {
  const directory = await mkdtemp(join(tmpdir(), 'trade-room-package-'));
  const tarball = await pack(join(directory, 'project'));
  const consumer = join(directory, 'consumer');
  await install(tarball, consumer);
  return { tarball, consumer, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Beside the project, whose own `dist` may be in use. */
async function pack(project: string): Promise<string> {
  await mkdir(project);
  const documents = (await readdir(root)).filter((name) => name.endsWith('.md'));
  for (const name of ['package.json', 'LICENSE', ...documents])
    await copyFile(join(root, name), join(project, name));
  await cp(join(root, 'docs'), join(project, 'docs'), { recursive: true });
  const build = ['--import', 'tsx', 'bin/run.ts', 'build', '--out', join(project, 'dist')];
  await run(process.execPath, build, { cwd: root });
  const { stdout } = await run('npm', ['pack', '--json'], { cwd: project });
  const [{ filename }] = JSON.parse(stdout);
  return join(project, filename);
}

async function install(tarball: string, consumer: string): Promise<void> {
  await mkdir(consumer);
  const overrides = { valibot: `file:${join(root, 'node_modules', 'valibot')}` };
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ private: true, overrides }));
  const options = ['--offline', '--no-audit', '--no-fund', '--cache', join(consumer, '.npm')];
  await run('npm', ['install', ...options, tarball], { cwd: consumer });
  for (const name of [...peers, ...ownDependencies]) {
    const link = join(consumer, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, 'node_modules', name), link);
  }
}
