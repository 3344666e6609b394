import { type Rule } from '../rule.js';
import { schemaFaults } from '../schema.js';

export const schema: Rule = {
  id: 'schema',
  severity: 'error',
  title: "The manifest breaks Kubernetes' schema",
  why: 'The API server refuses such a manifest, or drops the value that it cannot read: the pod then runs with the default (a grace of 30 s, no hook), and streams are lost although the manifest seems to say otherwise.',
  remedy: `spec:
  terminationGracePeriodSeconds: 330 # a number, not a text`,
  async *check({ resources }) {
    for (const resource of resources) {
      for (const { path, message } of await schemaFaults(resource)) {
        yield { resource, field: resource.root.at(...path), message: `${message}.` };
      }
    }
  },
};
