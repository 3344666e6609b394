import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { check } from './check.js';
import { rules } from './rules/index.js';
import { type Source } from './source.js';

const fixtures = fileURLToPath(new URL('../../test/fixtures/check', import.meta.url));

function fixture(rule: string, name: 'fail' | 'pass'): Source {
  const file = `${fixtures}/${rule}/${name}.yaml`;
  return { file, text: readFileSync(file, 'utf8') };
}

async function found(source: Source): Promise<{ rule: string; line: number }[]> {
  const { findings } = await check([source]);
  return findings.map(({ rule, line }) => ({ rule: rule.id, line }));
}

describe('every rule', () => {
  it('has an id of its own and a folder of fixtures, and no folder is left over', () => {
    const ids = rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(readdirSync(fixtures).sort()).toEqual([...ids].sort());
  });

  it.each(rules.map(({ id }) => id))('%s finds the one fault, at the marked line', async (id) => {
    const source = fixture(id, 'fail');
    const line = source.text.split('\n').findIndex((each) => each.endsWith('# finding')) + 1;
    expect(line).toBeGreaterThan(0);
    expect(await found(source)).toEqual([{ rule: id, line }]);
  });

  it.each(rules.map(({ id }) => id))(
    '%s and all others are silent when it is mended',
    async (id) => {
      expect(existsSync(fixture(id, 'pass').file)).toBe(true);
      expect(await found(fixture(id, 'pass'))).toEqual([]);
    },
  );

  it.each(rules.map(({ id }) => id))('%s is switched off by the annotation', async (id) => {
    const { file, text } = fixture(id, 'fail');
    const documents = parseAllDocuments(text);
    const annotation = ['metadata', 'annotations', 'nestjs-drain/ignore'];
    for (const document of documents) document.setIn(annotation, `other, ${id}`);
    const annotated = documents.map(String).join('\n---\n');
    expect(await found({ file, text: annotated })).toEqual([]);
  });
});
