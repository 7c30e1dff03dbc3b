import { arnsOf } from './arn.ts';
import { AwsError, type AwsJsonService } from './aws-json-service.ts';

/** Secrets Manager that only reads. `secrets` is name → secret string; the current version is the only one. */
export function secretsManager(secrets: Record<string, string>, region: string): AwsJsonService {
  const arns = arnsOf(region);
  return {
    target: 'secretsmanager',
    contentType: 'application/x-amz-json-1.1',
    operations: {
      GetSecretValue({ SecretId: id, VersionStage: stage }) {
        if (typeof id !== 'string' || !['string', 'undefined'].includes(typeof (stage ?? undefined))) {
          throw new AwsError('SerializationException', 'SecretId and VersionStage must be strings.');
        }
        const name = secretName(id, secrets);
        const secret = name === undefined ? undefined : secrets[name];
        if (secret === undefined) {
          throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
        }
        if ((stage ?? undefined) !== undefined && stage !== 'AWSCURRENT') {
          const sentence = "Secrets Manager can't find the specified secret value for staging label:";
          throw new AwsError('ResourceNotFoundException', `${sentence} ${stage}`);
        }
        return {
          ARN: arns.secret(`${name}${SUFFIX}`),
          Name: name,
          SecretString: secret,
          VersionId: '00000000-0000-0000-0000-000000000001',
          VersionStages: ['AWSCURRENT'],
        };
      },
    },
    // For a secret that does not exist, the name in the request is checked.
    needs(operation, { SecretId: id }) {
      const name = secretName(String(id), secrets);
      const resource = arns.secret(name === undefined ? String(id) : `${name}${SUFFIX}`);
      return [{ action: `secretsmanager:${operation}`, resource }];
    },
  };
}

/** The six characters that AWS chooses at random. */
const SUFFIX = '-local0';

/** AWS ends an ARN with six random characters that may be left out (a "partial ARN"). */
function secretName(id: string, secrets: Record<string, string>): string | undefined {
  const name = id.replace(/^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:/, '');
  return [name, name.replace(/-[A-Za-z0-9]{6}$/, '')].find((candidate) => Object.hasOwn(secrets, candidate));
}
