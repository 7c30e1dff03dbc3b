import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock, Gateway, PostOutcome } from '../../lib/core/ports.ts';
import type { AwsCall, Faults } from '../../lib/local/faults.ts';
import { startToy, type Toy } from '../local/toy-stack.ts';
import { connect, type TestClient } from '../support/test-client.ts';

/** For calls that are answered, however busy the machine is. */
const PATIENT_MS = 10_000;
/** For calls that are not. */
const IMPATIENT_MS = 200;

const bytes = (text: string) => new TextEncoder().encode(text);

interface GatewayOptions {
  endpoint: string;
  timeoutMs: number;
  clock: Clock;
}

/** What every gateway must do. `open` makes the one under test; calls are cut off after `timeoutMs`. */
export function describeGateway(name: string, open: (options: GatewayOptions) => Gateway): void {
  describe(`gateway ${name}`, () => {
    const faults: Faults = {};
    let now = Date.now();
    const clock = () => now;
    let calls: AwsCall[] = [];
    let toy: Toy;
    let gateway: Gateway;
    let impatient: Gateway;

    beforeAll(async () => {
      toy = await startToy({ handlers: {}, routes: {}, faults });
      const endpoint = `${toy.endpoint}/toy`;
      // Their clock stands still: none of their connections is idle until a test moves it.
      gateway = open({ endpoint, timeoutMs: PATIENT_MS, clock });
      impatient = open({ endpoint, timeoutMs: IMPATIENT_MS, clock });
    });
    afterAll(() => toy.close());
    beforeEach(() => fail());

    /** Makes every call come to this; without it calls are served. */
    function fail(fault?: 'throttle' | 'fail' | 'hang' | 'drop'): void {
      calls = [];
      faults.onCall = async (call) => {
        calls.push(call);
        return fault;
      };
    }

    async function join(): Promise<{ client: TestClient; id: string }> {
      const known = new Set(toy.connections().map(({ connectionId }) => connectionId));
      const client = await connect(toy.endpoint);
      const id = toy.connections().find(({ connectionId }) => !known.has(connectionId))?.connectionId;
      if (id === undefined) throw new Error('the connection is not there');
      return { client, id };
    }

    describe('a post', () => {
      it.each([
        '{"type":"x"}',
        '{"text":"é … \u{1F600} \\ud800"}',
        ' \n{ "spaced" : true }\r\n',
        `{"text":"${'x'.repeat(120_000)}"}`,
      ])('a post delivers exactly these bytes as one text frame (%#)', async (text) => {
        const { client, id } = await join();
        const received = new Promise((resolve) => {
          client.webSocket.once('message', (data, isBinary) => resolve({ text: data.toString(), isBinary }));
        });
        expect(await gateway.post(id, bytes(text))).toBe('delivered');
        expect(await received).toEqual({ text, isBinary: false });
        expect(client.frames).toHaveLength(1);
      });

      it('a post reaches the connection it is for and no other', async () => {
        const [one, other] = [await join(), await join()];
        expect(await gateway.post(one.id, bytes('{"type":"for one"}'))).toBe('delivered');
        expect(await gateway.post(other.id, bytes('{"type":"for the other"}'))).toBe('delivered');
        expect([(await one.client.next()).type, (await other.client.next()).type]).toEqual([
          'for one',
          'for the other',
        ]);
      });

      it('a post goes to an id that ends with =, as those of API Gateway do', async () => {
        const { id } = await join();
        expect(id).toMatch(/=$/);
        expect(await gateway.post(id, bytes('{}'))).toBe('delivered');
        expect(calls).toEqual([{ service: 'execute-api', operation: 'PostToConnection', connectionId: id }]);
      });

      it('a gateway posts forty frames at once', async () => {
        const { client, id } = await join();
        const posts = Array.from({ length: 40 }, (_, index) =>
          gateway.post(id, bytes(`{"type":"${index}"}`)),
        );
        expect(new Set(await Promise.all(posts))).toEqual(new Set(['delivered']));
        expect(new Set(client.frames).size).toBe(40);
      });

      it('a post that is larger than API Gateway takes is refused', async () => {
        const { client, id } = await join();
        expect(await gateway.post(id, bytes('x'.repeat(128 * 1024 + 1)))).toBe('refused');
        expect(client.frames).toEqual([]);
      });
    });

    describe('an id that nobody has', () => {
      it('the connection of a client that has left is gone, for a post and for a close', async () => {
        const { client, id } = await join();
        await client.close();
        expect([await gateway.post(id, bytes('{}')), await gateway.close(id)]).toEqual(['gone', 'gone']);
      });

      it.each([
        'unknown=',
        'a/b',
        '../../toy',
        'a b',
        'a?b=c&d',
        'a#b',
        'a%2Fb',
        'a%',
        '%3D',
        '@connections',
        'a+b=',
        "!*'()",
        'é\u{1F600}',
        '"<>\\^`{|}',
      ])('an id that nobody has (%j) is gone and reaches @connections unchanged', async (id) => {
        expect([await gateway.post(id, bytes('{}')), await gateway.close(id)]).toEqual(['gone', 'gone']);
        expect(calls.map((call) => call.connectionId)).toEqual([id, id]);
      });
    });

    describe('closing', () => {
      it('a close closes the connection, and then it is gone', async () => {
        const { client, id } = await join();
        expect(await gateway.close(id)).toBe('delivered');
        expect((await client.closed).code).toBe(1000);
        expect([await gateway.post(id, bytes('{}')), await gateway.close(id)]).toEqual(['gone', 'gone']);
      });

      it('a close arrives after the frame that was posted before it', async () => {
        const { client, id } = await join();
        await gateway.post(id, bytes('{"type":"error"}'));
        await gateway.close(id);
        await client.closed;
        expect(client.frames).toEqual(['{"type":"error"}']);
      });
    });

    describe.each<['throttle' | 'fail' | 'hang' | 'drop', PostOutcome]>([
      ['throttle', 'throttled'],
      ['fail', 'unavailable'],
      ['drop', 'unavailable'],
      ['hang', 'timed_out'],
    ])('API Gateway that makes a call %s', (fault, outcome) => {
      it(`a post and a close that API Gateway fails are ${outcome}, tried once`, async () => {
        const { client, id } = await join();
        fail(fault);
        const { post, close } = fault === 'hang' ? impatient : gateway;
        expect(await Promise.all([post(id, bytes('{}')), close(id)])).toEqual([outcome, outcome]);
        expect(calls.map((call) => call.operation).sort()).toEqual(['DeleteConnection', 'PostToConnection']);
        fail();
        expect(await gateway.post(id, bytes('{"type":"after"}'))).toBe('delivered');
        expect((await client.next()).type).toBe('after');
      });
    });

    it('a post that API Gateway drops on a connection that was idle is tried once more and delivered once', async () => {
      const { client, id } = await join();
      await gateway.post(id, bytes('{"type":"before"}'));
      now += 1_000;
      let faultsLeft = 1;
      faults.onCall = async () => (faultsLeft-- > 0 ? 'drop' : undefined);
      expect(await gateway.post(id, bytes('{"type":"after"}'))).toBe('delivered');
      expect(client.frames).toEqual(['{"type":"before"}', '{"type":"after"}']);
    });

    it('a gateway cuts a call off in its own time', async () => {
      const { id } = await join();
      fail('hang');
      const begun = performance.now();
      expect(await impatient.post(id, bytes('{}'))).toBe('timed_out');
      const took = performance.now() - begun;
      expect(took).toBeGreaterThan(IMPATIENT_MS * 0.9);
      expect(took).toBeLessThan(PATIENT_MS / 2);
    });

    it('a call is unavailable if nobody listens', async () => {
      const elsewhere = open({ endpoint: 'http://127.0.0.1:1/toy', timeoutMs: PATIENT_MS, clock });
      expect(await elsewhere.post('c=', bytes('{}'))).toBe('unavailable');
      expect(await elsewhere.close('c=')).toBe('unavailable');
    });
  });
}
