import { type Rule } from '../../rule.js';
import { backendsOf, serversBehind } from './ingress.js';
import { nginxAnnotation, nginxIngresses } from './ingress-nginx-timeout.js';

export const ingressNginxBuffering: Rule = {
  id: 'ingress-nginx-buffering',
  severity: 'warning',
  title: 'nginx collects the stream before it sends it',
  why: "With proxy-buffering nginx keeps a response until its buffers are full: tokens arrive in lumps or at the end, a farewell too late, and what is in the buffer when a pod ends looks to the client like a stream that stalls. (An answer with `X-Accel-Buffering: no`, as Nest's @Sse() sends, is not buffered.)",
  fix: 'Sets proxy-buffering to off.',
  *check(manifests) {
    for (const ingress of nginxIngresses(manifests)) {
      const field = nginxAnnotation(ingress, 'proxy-buffering');
      if (!/^(on|true)$/i.test(field.text ?? '')) continue;
      if (serversBehind(ingress, backendsOf(ingress), manifests).length === 0) continue;
      const value = /^true$/i.test(field.text ?? '') ? 'False' : 'off';
      yield {
        resource: ingress,
        field,
        message: `proxy-buffering is ${field.text}: streams behind it do not flow.`,
        edits: [{ field, value }],
      };
    }
  },
};
