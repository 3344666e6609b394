import { beforeAll, expect, test } from '@jest/globals';
import { checkSnippets, readSnippets, snippetsOf, type Snippet } from './support/snippets.js';

const snippets = readSnippets();
const page = (code: string): Snippet[] => snippetsOf('page.md', '```ts\n' + code + '\n```\n');
const renamed = page("import { NoSuchName } from 'nestjs-drain';");
const unknown = page('@DrainableStream()\nanswer() { return store.read(); }');
const fragment = snippetsOf(
  'page.md',
  '<!-- given: store -->\n\n```ts\n@DrainableStream()\nanswer() { return store.read(); }\n```\n',
);
const untyped = snippetsOf('page.md', '<!-- given: app -->\n\n```ts\napp.use((it) => it);\n```\n');
const typed = snippetsOf(
  'page.md',
  '<!-- given: app: INestApplication -->\n\n```ts\nawait app.listn(3000);\n```\n',
);

let errors: Map<Snippet, string[]>;
beforeAll(() => {
  errors = checkSnippets([...snippets, ...renamed, ...unknown, ...fragment, ...untyped, ...typed]);
});

const errorsOf = ([snippet]: Snippet[]): string[] => errors.get(snippet!) ?? [];

test('a name that no package exports is an error', () => {
  expect(errorsOf(renamed)).toEqual([expect.stringMatching(/^page\.md:2 .*NoSuchName/)]);
});

test('a parameter without a type is an error, as in an application that `nest new` makes', () => {
  expect(errorsOf(untyped)).toEqual([expect.stringMatching(/^page\.md:4 .*implicitly/)]);
  expect(errorsOf(typed)).toEqual([expect.stringMatching(/^page\.md:4 .*'listn'/)]);
});

test('a name of the reader has to be given', () => {
  expect(errorsOf(unknown)).toEqual([expect.stringMatching(/^page\.md:3 .*'store'/)]);
  expect(errorsOf(fragment)).toEqual([]);
});

test.each(snippets.map((snippet) => [`${snippet.file}:${snippet.line}`, snippet] as const))(
  '%s type-checks against the built packages',
  (_, snippet) => {
    expect(errors.get(snippet)).toEqual([]);
  },
);
