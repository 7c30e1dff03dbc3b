import type { Statement } from '../description.ts';

/** Whether a role may do this action on this resource. */
export type Policy = (action: string, resource: string) => boolean;

/**
 * Evaluates the statements of a role as IAM does. All statements allow; an action that none allows is denied.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * @throws Error for a statement that IAM would refuse as malformed.
 */
export function compilePolicy(statements: readonly Statement[]): Policy {
  const compiled = statements.map(({ actions, resources }) => {
    if (actions.length === 0 || resources.length === 0) {
      throw new Error('A statement needs at least one action and one resource');
    }
    return { actions: actions.map(actionPattern), resources: resources.map(resourcePattern) };
  });
  return (action, resource) =>
    compiled.some(
      ({ actions, resources }) =>
        actions.some((pattern) => pattern.test(action)) &&
        resources.some((pattern) => pattern.test(resource)),
    );
}

/**
 * A pattern for `service:Action`, which ignores case and may contain `*` and `?`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
 */
function actionPattern(action: string): RegExp {
  if (action !== '*' && !/^[a-z0-9-]+:[A-Za-z*?]+$/.test(action)) {
    throw new Error(`The action ${action} must be written service:Action`);
  }
  return new RegExp(`^${withWildcards(action, { any: '.*', one: '.' })}$`, 'i');
}

/**
 * A pattern for an ARN. `*` and `?` match within a segment between colons; a `*` at the end of a segment also matches the
 * following segments. The service segment may have neither.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
function resourcePattern(resource: string): RegExp {
  if (resource === '*') return /^/;
  const segments = resource.split(':');
  const [arn, , service = ''] = segments;
  if (arn !== 'arn' || segments.length < 6 || /[*?]/.test(service)) {
    throw new Error(`The resource ${resource} must be an ARN that names its service, or *`);
  }
  const patterns = segments.map((segment) => {
    const inner = withWildcards(segment, { any: '[^:]*', one: '[^:]' });
    return segment.endsWith('*') ? `${inner.slice(0, -'[^:]*'.length)}.*` : inner;
  });
  return new RegExp(`^${patterns.join(':')}$`);
}

function withWildcards(text: string, { any, one }: { any: string; one: string }): string {
  return text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/[*?]/g, (wildcard) => (wildcard === '*' ? any : one));
}
