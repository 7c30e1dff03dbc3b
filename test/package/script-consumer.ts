const entries = ['client', 'react', 'publisher', 'protocol', 'cdk'];

const imports = [
  ...entries.map((name) => [name, `trade-room-realtime/${name}`] as const),
  ['React', 'react'],
  ['reactDom', 'react-dom/server'],
  ['core', 'aws-cdk-lib'],
] as const;

/** Uses every entry, and prints as JSON what came of it. Its argument is where CDK writes. */
const body = `
async function main() {
  let opened;
  const opening = new Promise((resolve) => { opened = resolve; });
  class WebSocket {
    constructor(url) { opened(url); }
    close() {}
  }
  const options = { url: 'ws://room.example', getToken: () => 'token', WebSocket };
  const trying = client.createTradeRoomClient(options);
  const failed = trying.connect().catch((error) => error);
  const url = await opening;
  trying.close();
  const error = await failed;

  const Room = () => react.useRoom(client.createTradeRoomClient(options), 42, {});
  const rendered = reactDom.renderToString(React.createElement(Room));

  const put = [];
  const eventBridge = {
    async send({ input: { Entries } }) {
      put.push(...Entries.map(({ DetailType }) => DetailType));
      return { Entries: Entries.map(() => ({ EventId: '1' })) };
    },
  };
  const { orderExecuted } = publisher.createPublisher({ bus: 'bus', client: eventBridge });
  const { published } = await orderExecuted(42, { symbol: 'AAPL' });

  const detail = { roomId: 42, data: { price: {} } };
  const refusal = protocol.parseRoomEvent(detail, { detailType: 'order_executed', id: 'e', time: 0 });

  const app = new core.App({ outdir: process.argv[2], analyticsReporting: false });
  const stack = new core.Stack(app, 'Theirs');
  new cdk.TradeRoomRealtime(stack, 'Realtime', { tokens: { mode: 'shared-secret', secretId: 'secret' } });
  const assembly = app.synth();
  const { Resources } = assembly.getStackArtifact('Theirs').template;
  const code = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties: { FunctionName, Code } }) => [FunctionName, Code.S3Key.replace('.zip', '')]);

  console.log(JSON.stringify({
    client: { url, isOurs: error instanceof client.TradeRoomError, code: error.code },
    react: rendered,
    publisher: { put, published },
    protocol: refusal.code,
    cdk: { directory: assembly.directory, code: Object.fromEntries(code) },
  }));
}
main();
`;

/** The same code in both module systems, by the name of its file. */
export const scripts = {
  'consumer.mjs': imports.map(([name, from]) => `import * as ${name} from '${from}';\n`).join('') + body,
  'consumer.cjs': imports.map(([name, from]) => `const ${name} = require('${from}');\n`).join('') + body,
};
