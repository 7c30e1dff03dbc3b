import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { createPublisher } from '../../lib/publisher/publisher.ts';
import { createDemoMarket } from './market.ts';

const TICK_MS = 200;

/** Runs a simulated market in a room of the local emulator until `stop` is called. */
export function startDemo(endpoint: string, roomId: string): { stop(): Promise<void> } {
  const client = new EventBridgeClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const publisher = createPublisher({ bus: LOCAL_NAME, source: 'trade-room.demo', client });
  const market = createDemoMarket({ roomId, random: Math.random, now: Date.now });
  const timer = setInterval(() => void publisher.publish(market.tick()), TICK_MS);
  return {
    async stop() {
      clearInterval(timer);
      await publisher.close();
      client.destroy();
    },
  };
}
