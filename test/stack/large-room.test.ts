import { describe, expect, it } from 'vitest';
import { resolveText } from './resolve.ts';
import { JWKS, resourcesOf, type Template, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);

function idOf(name: string): string {
  const all = resourcesOf(template, 'AWS::Lambda::Function');
  return all.find(([, { FunctionName: full }]) => full === `trade-room-dev-${name}`)?.[0] ?? '';
}

/** What the broadcaster is told. */
function variables(of: Template): Record<string, unknown> {
  const { Environment: environment } = of.Resources[idOf('broadcast')]?.Properties ?? {};
  return (environment as { Variables: Record<string, unknown> }).Variables;
}

describe('a large room', () => {
  it.each([
    [{}, '9000'],
    [{ postQuota: 2_500 }, '2250'],
    [{ broadcastShare: 50 }, '5000'],
    [{ postQuota: '20000', broadcastShare: '75' }, '15000'],
    [{ postQuota: 1, broadcastShare: 1 }, '1'],
  ])('with %j, a broadcast may make %s posts a second', (settings, expected) => {
    expect(variables(templateOf({ ...JWKS, ...settings }))['POSTS_PER_SECOND']).toBe(expected);
  });

  it('is shared with a worker that the broadcaster knows by name, and that is there before the broadcaster', () => {
    expect(variables(template)['BROADCAST_WORKER']).toBe('trade-room-dev-broadcastWorker');
    // By its permissions: the function waits for them, and they name the worker.
    const waitsFor = template.Resources[idOf('broadcast')]?.['DependsOn'] as string[];
    const mentioned = waitsFor.map((id) => JSON.stringify(template.Resources[id]));
    expect(mentioned.join()).toContain(`"Fn::GetAtt":["${idOf('broadcastWorker')}","Arn"]`);
  });

  it('does not let anybody into the worker but by the permission of a role', () => {
    const invokable = resourcesOf(template, 'AWS::Lambda::Permission').map(([, { FunctionName: name }]) =>
      resolveText(template, name),
    );
    expect(invokable).not.toEqual([]);
    expect(invokable.filter((name) => /worker/i.test(name))).toEqual([]);
  });
});
