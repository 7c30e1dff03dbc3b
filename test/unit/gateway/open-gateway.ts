import type { Gateway } from '../../../lib/core/ports.ts';
import { type SignedGatewayOptions, signedGateway } from '../../../lib/gateway/signed-gateway.ts';

/** The adapter without the SDK, with credentials that nobody looks at. */
export function openGateway(options: Partial<SignedGatewayOptions> & { endpoint: string }): Gateway {
  return signedGateway({
    region: 'eu-west-1',
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
    clock: Date.now,
    ...options,
  });
}
