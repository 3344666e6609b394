import { type Rule } from '../../rule.js';

export const publishNotReadyAddresses: Rule = {
  id: 'publish-not-ready-addresses',
  severity: 'error',
  title: 'The Service keeps sending to pods that are not ready',
  why: 'With publishNotReadyAddresses a draining pod stays a ready endpoint until it is gone: new connections reach it through the whole drain, are refused there, and die with it.',
  fix: 'Sets publishNotReadyAddresses to false.',
  *check(manifests) {
    const services = new Set(manifests.serving.flatMap((each) => manifests.servicesOf(each)));
    for (const service of services) {
      const field = service.spec.at('publishNotReadyAddresses');
      // A headless Service publishes them for the discovery of peers, which is what it is there for.
      if (field.value !== true || service.spec.at('clusterIP').text === 'None') continue;
      yield {
        resource: service,
        field,
        message: `${service.toString()} publishes addresses that are not ready.`,
        edits: [{ field, value: false }],
      };
    }
  },
};
