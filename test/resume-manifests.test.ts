import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from '@jest/globals';
import { missingKubectl, render } from './support/manifests.js';

const missing = missingKubectl();
if (missing !== undefined) console.warn(`Skipped the manifests: ${missing}.`);

const directory = fileURLToPath(new URL('../k8s/overlays/resume', import.meta.url));
const checker = fileURLToPath(new URL('../libs/nestjs-drain-cli/dist/main.js', import.meta.url));

interface StatefulSet {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: [{ readonly args: string[] }] } };
  };
}

(missing !== undefined ? describe.skip : describe)('k8s/overlays/resume', () => {
  const rendered = () => execFileSync('kubectl', ['kustomize', directory], { encoding: 'utf8' });

  it('hands off instead of waiting, within the grace of the pod', () => {
    const { env, deployment } = render('overlays/resume');
    const grace = deployment.spec.template.spec.terminationGracePeriodSeconds;
    expect(env).toMatchObject({ GRACEFUL_SHUTDOWN_TIMEOUT: '10', RESUME_LEASE: '5' });
    expect(env.TERMINATION_GRACE_PERIOD_SECONDS).toBe(String(grace));
    expect(grace).toBeLessThan(30);
  });

  it('keeps what the store confirmed, and evicts nothing', () => {
    const documents = parseAllDocuments(rendered()).map((document) => document.toJS() as object);
    const redis = documents.find((one) => 'kind' in one && one.kind === 'StatefulSet');
    const { metadata, spec } = redis as StatefulSet;
    const [{ args }] = spec.template.spec.containers;
    const words = args.join(' ');
    expect(words).toContain('--appendonly yes --appendfsync always');
    expect(words).toContain('--maxmemory-policy noeviction');
    expect(render('overlays/resume').env.STORE_URL).toBe(`redis://${metadata.name}:6379`);
  });

  it('passes the check of manifests', () => {
    const check = () => execFileSync('node', [checker, 'check', '-'], { input: rendered() });
    expect(check().toString()).toContain('nothing that would lose a stream');
  });
});
