import { managementApiGateway } from '../../lib/gateway/management-api-gateway.ts';
import { signedGateway } from '../../lib/gateway/signed-gateway.ts';
import { describeGateway } from './gateway-suite.ts';

describeGateway('through the AWS SDK', managementApiGateway);

describeGateway('without the AWS SDK', (options) =>
  signedGateway({
    ...options,
    region: 'eu-west-1',
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
  }),
);
