import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { signedGateway } from '../../lib/gateway/signed-gateway.ts';
import type { BenchOptions } from './benches.ts';
import { median } from './median.ts';
import { startStubApiGateway } from './stub-api-gateway.ts';

const AIM_RATIO = 1 / 5;
const AIM_BYTES = 2_000;
const BODY_BYTES = [200, AIM_BYTES, 20_000];
const IN_FLIGHT = 64;

/** Median CPU of one post, user and system time of this process. */
export interface PostFigures {
  bytes: number;
  sdkMicroseconds: number;
  ourMicroseconds: number;
}

/** Resolves when the frame is delivered; rejects if it is not. */
type Post = (connectionId: string, frame: Uint8Array) => Promise<unknown>;

/** CPU of a post by our adapter and by the SDK's default client, to a server in another process. */
export async function benchPost({ quick }: BenchOptions): Promise<string> {
  const stub = await startStubApiGateway();
  const amount = quick ? { rounds: 1, posts: 100 } : { rounds: 9, posts: 3_000 };
  const figures = await measurePosts(stub.endpoint, amount);
  await stub.close();
  return postTable(figures);
}

/** The sides take turns; a turn before the first round warms them up. */
export async function measurePosts(
  endpoint: string,
  { rounds, posts }: { rounds: number; posts: number },
): Promise<PostFigures[]> {
  const [sdk, ours] = [postThroughSdk(endpoint), postThroughGateway(endpoint)];
  const figures: PostFigures[] = [];
  for (const bytes of BODY_BYTES) {
    const frame = new Uint8Array(bytes).fill(120);
    const turns: { sdk: number; ours: number }[] = [];
    for (let turn = 0; turn <= rounds; turn += 1)
      turns.push({ sdk: await cpuOfPosts(sdk, frame, posts), ours: await cpuOfPosts(ours, frame, posts) });
    const measured = turns.slice(1);
    figures.push({
      bytes,
      sdkMicroseconds: median(measured.map((turn) => turn.sdk)),
      ourMicroseconds: median(measured.map((turn) => turn.ours)),
    });
  }
  return figures;
}

async function cpuOfPosts(post: Post, frame: Uint8Array, posts: number): Promise<number> {
  let next = 0;
  const work = async () => {
    while (next < posts) {
      next += 1;
      await post(`L0SM9cOFvHc${1_000_000 + next}=`, frame);
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / posts;
}

/** With a session token, as in Lambda, and as long as there. */
const identity = {
  region: 'eu-west-1',
  credentials: async () => ({
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    sessionToken: 'x'.repeat(900),
  }),
};

function postThroughSdk(endpoint: string): Post {
  const client = new ApiGatewayManagementApiClient({ endpoint, ...identity });
  return (connectionId, frame) =>
    client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: frame }));
}

function postThroughGateway(endpoint: string): Post {
  const gateway = signedGateway({ endpoint, clock: Date.now, ...identity });
  return async (connectionId, frame) => {
    const outcome = await gateway.post(connectionId, frame);
    if (outcome !== 'delivered') throw new Error(`A post was ${outcome}`);
  };
}

/** The figures as a Markdown table, and whether the aim is met. */
export function postTable(figures: readonly PostFigures[]): string {
  const ratioOf = ({ sdkMicroseconds, ourMicroseconds }: PostFigures) => ourMicroseconds / sdkMicroseconds;
  const rows = figures.map(
    (row) =>
      `| ${row.bytes / 1000} | ${row.sdkMicroseconds.toFixed(0)} | ${row.ourMicroseconds.toFixed(0)} | ${ratioOf(row).toFixed(2)} |`,
  );
  const met = figures.some((row) => row.bytes === AIM_BYTES && ratioOf(row) <= AIM_RATIO);
  return [
    '| body, KB | SDK, µs | ours, µs | ours / SDK |',
    '|---|---|---|---|',
    ...rows,
    '',
    `CPU of one post. The aim, at most ${AIM_RATIO.toFixed(2)} at ${AIM_BYTES / 1000} KB, is ${met ? 'met' : 'missed'}.`,
  ].join('\n');
}
