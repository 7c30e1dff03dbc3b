import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { NotAccepted, putOnBus } from '../lib/canary/check-stage.ts';
import { LOCAL_NAME } from '../lib/config/local-stack.ts';

/** Where events go: to a real bus, or without one to the local emulator on this port. */
interface BusAddress {
  /** Name or ARN of a real bus, reached with the AWS profile and region of the shell. */
  bus: string | undefined;
  port: number;
  /** The endpoint of the bus if it is not AWS. The AWS CLI has an option of the same name. */
  endpointUrl?: string | undefined;
}

/** Puts one event and returns its id. Throws an error whose message is a sentence for the terminal. */
export async function putEvent(address: BusAddress, type: string, detail: object): Promise<string> {
  const put = putOnBus(client(address), {
    bus: address.bus ?? LOCAL_NAME,
    source: 'trade-room.command-line',
  });
  return put(type, detail).catch((error: Error & { code?: string }) => {
    throw error instanceof NotAccepted ? error : new Error(explain(address, error));
  });
}

function client(address: BusAddress): EventBridgeClient {
  if (address.bus !== undefined) {
    // The command names a real bus, so an endpoint that was exported for the local emulator must not receive the event.
    delete process.env['AWS_ENDPOINT_URL'];
    delete process.env['AWS_ENDPOINT_URL_EVENTBRIDGE'];
    return new EventBridgeClient(address.endpointUrl === undefined ? {} : at(address.endpointUrl));
  }
  return new EventBridgeClient(emulatorConfig(localEndpoint(address)));
}

/** A named endpoint has no FIPS or dual-stack form; with those options the SDK would refuse it. */
function at(endpoint: string) {
  return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false };
}

/** Clients of the local emulator. Variables for real AWS (a profile, FIPS, dual stack, endpoints of single services) do not apply to it. */
export function emulatorConfig(endpoint: string) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return { ...at(endpoint), region: 'us-east-1', credentials, retryMode: 'standard', maxAttempts: 3 };
}

const localEndpoint = ({ port }: BusAddress) => `http://127.0.0.1:${port}`;

function explain(address: BusAddress, error: Error & { code?: string }): string {
  if (address.bus === undefined && error.code === 'ECONNREFUSED') {
    return `Nothing answers on ${localEndpoint(address)}: start it with "npm start", or name its port with --port.`;
  }
  return `not sent, ${error.name}: ${error.message}`;
}
