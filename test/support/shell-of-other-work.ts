/**
 * What a developer who works with AWS all day has exported. None of it may lead anywhere, or stop a command, where it
 * speaks to the emulator.
 */
export const shellOfOtherWork = {
  AWS_PROFILE: 'production',
  AWS_CONFIG_FILE: '/nowhere/config',
  AWS_REGION: 'ap-southeast-2',
  AWS_ACCESS_KEY_ID: 'AKIAREAL',
  AWS_SECRET_ACCESS_KEY: 'real',
  AWS_SESSION_TOKEN: 'real',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_EVENTBRIDGE: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: 'http://127.0.0.1:1',
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_USE_DUALSTACK_ENDPOINT: 'true',
  AWS_RETRY_MODE: 'adaptive',
  AWS_MAX_ATTEMPTS: '1',
  POWERTOOLS_DEV: 'true',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  TZ: 'Asia/Kathmandu',
  NODE_ENV: 'production',
};
