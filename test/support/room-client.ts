import { connect, type Frame, type TestClient } from './test-client.ts';

/** Connects, authenticates and subscribes, each answered before the next is sent. */
export async function joinRoom(
  endpoint: string,
  token: string,
  ...roomIds: (string | number)[]
): Promise<TestClient> {
  const client = await connect(endpoint);
  await request(client, 'auth', { token });
  for (const roomId of roomIds) await request(client, 'subscribe_room', { roomId });
  return client;
}

/** Sends a message and returns the next frame. */
export async function request(client: TestClient, type: string, data: object): Promise<Frame> {
  client.send({ type, data });
  return client.next();
}
