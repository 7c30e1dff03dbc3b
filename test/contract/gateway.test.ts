import { managementApiGateway } from '../../lib/gateway/management-api-gateway.ts';
import { describeGateway } from './gateway-suite.ts';

describeGateway('through the AWS SDK', managementApiGateway);
