import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { type Source } from '../input/source.js';
import { apply } from '../testing/apply.js';
import { checkSource, fixture, fixtureFolder } from '../testing/fixtures.js';
import { rules } from './index.js';

const ids = rules.map(({ id }) => id);

async function found(source: Source): Promise<{ rule: string; line: number }[]> {
  const { findings } = await checkSource(source);
  return findings.map(({ rule, line }) => ({ rule: rule.id, line }));
}

describe('every rule', () => {
  it('has an id of its own and a fixture, and no fixture is left over', () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(readdirSync(fixtureFolder).sort()).toEqual(ids.map((id) => `${id}.yaml`).sort());
  });

  it.each(ids)('%s finds the one fault, at the marked line', async (id) => {
    const source = fixture(id);
    const line = source.text.split('\n').findIndex((each) => each.endsWith('# finding')) + 1;
    expect(line).toBeGreaterThan(0);
    expect(await found(source)).toEqual([{ rule: id, line }]);
  });

  it.each(ids)('%s and all others are silent when its own remedy is applied', async (id) => {
    const source = fixture(id);
    const { findings } = await checkSource(source);
    const text = apply(source.text, findings[0]?.remedy ?? '');
    expect(await found({ ...source, text })).toEqual([]);
  });

  it.each(ids)('%s is switched off by the annotation', async (id) => {
    const { file, text } = fixture(id);
    const documents = parseAllDocuments(text);
    for (const document of documents) {
      // A compose file says it by a label.
      const place = document.has('kind')
        ? ['metadata', 'annotations']
        : ['services', 'chat', 'labels'];
      document.setIn([...place, 'nestjs-drain/ignore'], id);
    }
    expect(await found({ file, text: documents.map(String).join('\n---\n') })).toEqual([]);
  });
});
