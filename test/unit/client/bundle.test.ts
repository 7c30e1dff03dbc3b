import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { root } from '../../support/start-local.ts';

const LARGEST_KB = 8;

/** What a page gets of this code, minified, as its bundler makes it. */
async function bundle(code: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    metafile: true,
    write: false,
  });
  const text = outputFiles[0]?.text ?? '';
  return {
    text,
    kilobytes: gzipSync(text, { level: 9 }).byteLength / 1024,
    inputs: Object.keys(metafile.inputs),
  };
}

it(`the client in a page has at most ${LARGEST_KB} KB, gzipped`, async () => {
  const { kilobytes } = await bundle(
    "import { createTradeRoomClient } from './lib/client/client.ts'; globalThis.make = createTradeRoomClient;",
  );
  expect(kilobytes).toBeLessThanOrEqual(LARGEST_KB);
});

it('the client in a page depends on no package, and brings no schema', async () => {
  const { inputs } = await bundle("export * from './lib/client/client.ts';");
  expect(
    inputs.filter(
      (path) =>
        !/^(<stdin>|lib\/(client|options)\/|lib\/protocol\/(limits|room-id-rule|conflation)\.ts)/.test(path),
    ),
  ).toEqual([]);
});

it('the client in a page leaves out what a page does not use', async () => {
  const { text } = await bundle(
    "import { TradeRoomError } from './lib/client/client.ts'; globalThis.isOurs = (e) => e instanceof TradeRoomError;",
  );
  expect(text).not.toContain('subscribe_room');
  expect(text.length).toBeLessThan(500);
});
