import { type Rule } from '../rule.js';
import { rules } from '../rules/index.js';
import { checkSource, fixture } from './fixtures.js';

/** The remedy that the check prints for each rule's failing fixture. */
export async function fixtureRemedies(): Promise<(rule: Rule) => string> {
  const remedies = new Map<string, string>();
  for (const { id } of rules) {
    const { findings } = await checkSource(fixture(id));
    remedies.set(id, findings.find(({ rule }) => rule.id === id)?.remedy ?? '');
  }
  return ({ id }) => remedies.get(id) ?? '';
}
