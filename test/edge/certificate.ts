import { execFileSync, spawnSync } from 'node:child_process';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate of this run, signed by itself. Needs the Debian package `openssl`. */
export function selfSigned(): { key: string; cert: string } {
  const pem = execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', '-', '-out', '-'],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return { key: block(pem, 'PRIVATE KEY'), cert: block(pem, 'CERTIFICATE') };
}

function block(pem: string, label: string): string {
  const [found] =
    new RegExp(`-----BEGIN ${label}-----[^]+?-----END ${label}-----\\n`).exec(pem) ?? [];
  if (found === undefined) throw new Error(`openssl printed no ${label}`);
  return found;
}
