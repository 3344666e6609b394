import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { checkSource, fixture } from '../../testing/fixtures.js';
import { readDockerfile } from '../../input/dockerfile.js';

const dockerfile = (...lines: string[]) => ({ file: 'Dockerfile', text: `${lines.join('\n')}\n` });

/** The good manifest, whose image decides what is started. */
function manifest() {
  const { file, text } = fixture('wrapper-as-first-process');
  const documents = parseAllDocuments(text.replace(' # finding', ''));
  documents[0]?.deleteIn(['spec', 'template', 'spec', 'containers', 0, 'command']);
  return { file, text: documents.map(String).join('---\n') };
}

describe('the first process of an image is read from its Dockerfile', () => {
  it.each([
    ['the exec form', ['FROM node:22', 'CMD ["npm", "start"]'], ['npm', 'start']],
    ['the shell form', ['FROM node:22', 'CMD npm start'], ['/bin/sh', '-c', 'npm start']],
    [
      'both',
      ['FROM node:22', 'ENTRYPOINT ["tini", "--"]', 'CMD ["node", "a.js"]'],
      ['tini', '--', 'node', 'a.js'],
    ],
    ['the last one', ['FROM a', 'CMD ["x"]', 'FROM b', 'CMD ["y"]', 'CMD ["z"]'], ['z']],
    ['continued lines', ['FROM a', 'CMD ["npm", \\', '  "start"]'], ['npm', 'start']],
    ['none', ['FROM a'], []],
  ])('%s', (_, lines, command) => {
    expect(readDockerfile(dockerfile(...lines)).command).toEqual(command);
  });

  it('with the image that the last stage is built on, through other stages', () => {
    const file = dockerfile(
      'FROM node:22-alpine AS base',
      'FROM base AS build',
      'FROM base',
      'CMD npm start',
    );
    expect(readDockerfile(file)).toMatchObject({ base: 'node:22-alpine', line: 4 });
  });
});

describe('where the manifest leaves the start to the image', () => {
  it.each([
    [['FROM node:22', 'CMD npm start'], ['error']],
    [['FROM node:22', 'CMD node dist/main.js'], ['error']],
    [['FROM node:22-alpine', 'CMD node dist/main.js'], []],
    [['FROM node:22-alpine', 'CMD npm start'], ['note']],
    [['FROM node:22', 'CMD ["node", "dist/main.js"]'], []],
  ])('%j', async (lines, severities) => {
    const { findings } = await checkSource(manifest(), dockerfile(...lines));
    expect(findings.map(({ severity }) => severity)).toEqual(severities);
    for (const { message } of findings) expect(message).toContain('(Dockerfile:2)');
  });

  it('and nothing is said without one', async () => {
    expect((await checkSource(manifest())).findings).toEqual([]);
  });
});
