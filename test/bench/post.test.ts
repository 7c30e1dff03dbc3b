import { afterAll, beforeAll, expect, it } from 'vitest';
import { measurePosts, postTable } from './post.ts';
import { type StubApiGateway, startStubApiGateway } from './stub-api-gateway.ts';

let stub: StubApiGateway;
beforeAll(async () => {
  stub = await startStubApiGateway();
});
afterAll(() => stub.close());

// Measured in earnest by `npm run bench -- post`.
it('the post bench posts through both gateways as often as it says, with a row for every size of a body', async () => {
  const figures = await measurePosts(stub.endpoint, { rounds: 1, posts: 70 });
  const [sizes, sides, turns] = [3, 2, 2];
  expect(await stub.received()).toBe(sizes * sides * turns * 70);
  expect(figures.map(({ bytes }) => bytes)).toEqual([200, 2_000, 20_000]);
  for (const { sdkMicroseconds, ourMicroseconds } of figures) {
    expect(sdkMicroseconds).toBeGreaterThan(0);
    expect(ourMicroseconds).toBeGreaterThan(0);
  }
});

it('the post bench says whether its aim is met', () => {
  const figures = (ours: number) => [
    { bytes: 200, sdkMicroseconds: 100, ourMicroseconds: 90 },
    { bytes: 2_000, sdkMicroseconds: 300, ourMicroseconds: ours },
  ];
  expect(postTable(figures(60))).toMatch(/\| 2 \| 300 \| 60 \| 0\.20 \|[\s\S]*is met\.$/);
  expect(postTable(figures(61))).toMatch(/is missed\.$/);
});
