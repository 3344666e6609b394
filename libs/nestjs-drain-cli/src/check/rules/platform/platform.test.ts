import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { fix } from '../../mend/fix.js';
import { apply } from '../../testing/apply.js';
import { checkSource, checkText } from '../../testing/fixtures.js';

const compose = (service: object) =>
  stringify({
    services: {
      chat: { image: 'example/chat:1', ...service },
      db: { image: 'postgres:17' },
    },
  });
const task = (container: object) =>
  JSON.stringify(
    {
      family: 'chat',
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [{ name: 'chat', image: 'example/chat:1', ...container }],
    },
    null,
    2,
  );
const declared = (seconds: string) => ({ 'nestjs-drain/timeout': seconds });
const messages = async (text: string) =>
  (await checkText(text)).findings.map(({ severity, message }) => `${severity}: ${message}`);

describe('the grace of Compose and Swarm', () => {
  it.each<[string, object, string[]]>([
    ['is 10 s', { labels: declared('20') }, ['SIGKILL comes after 10 s (the default)']],
    ['is enough for less', { labels: declared('7') }, []],
    ['is not for the sum', { labels: declared('8') }, ['timeout 8 + flushTimeout 2']],
    ['may be in minutes', { labels: declared('60'), stop_grace_period: '1m30s' }, []],
    ['a list of labels', { labels: ['nestjs-drain/timeout=60'] }, ['needs more than 62 s']],
    [
      'a variable in a list',
      {
        labels: ['nestjs-drain/timeout=$(DRAIN)'],
        environment: ['DRAIN=60'],
        stop_grace_period: '1m',
      },
      ['needs more than 62 s'],
    ],
    ['a variable of the file', { labels: declared('60'), stop_grace_period: '${GRACE}' }, []],
    ['the reference service', { image: 'chat-shell:1' }, ['timeout 300']],
    ['a worker', { labels: { 'nestjs-drain/role': 'worker' } }, []],
  ])('%s', async (_, service, expected) => {
    const text = compose(service);
    const found = await messages(text);
    expect(found).toEqual(expected.map((each) => expect.stringContaining(each)));
    const { findings } = await checkText(text);
    const mended = findings.reduce((before, { remedy }) => apply(before, remedy), text);
    expect(await messages(mended)).toEqual([]);
  });
});

describe('the grace of ECS', () => {
  it.each<[string, object, string[]]>([
    ['is 30 s', { dockerLabels: declared('60') }, ['SIGKILL comes after 30 s (the default)']],
    ['fits', { dockerLabels: declared('60'), stopTimeout: 90 }, []],
    [
      'ends at 120 s',
      { dockerLabels: declared('300'), stopTimeout: 120 },
      ['needs more than 302 s. ECS allows 120 s at most.'],
    ],
  ])('%s', async (_, container, expected) => {
    const text = task(container);
    expect(await messages(text)).toEqual(expected.map((each) => expect.stringContaining(each)));
  });

  it('on machines of your own has no end', async () => {
    const text = task({ dockerLabels: declared('300') }).replace('FARGATE', 'EC2');
    expect((await checkText(text)).findings.map(({ remedy }) => remedy)).toEqual([
      expect.stringContaining('stopTimeout: 307'),
    ]);
  });

  it('the remedy passes, and --fix keeps JSON', async () => {
    const source = { file: 'task.json', text: task({ dockerLabels: declared('60') }) };
    const { findings } = await checkSource(source);
    expect(findings.map(({ remedy }) => remedy)).toEqual([
      'containerDefinitions:\n  - name: chat\n    stopTimeout: 67',
    ]);
    const mended = fix(source, findings);
    expect(JSON.parse(mended.text)).toMatchObject({ containerDefinitions: [{ stopTimeout: 67 }] });
    expect((await checkSource(mended)).findings).toEqual([]);
  });

  it('the remedy for a drain that no grace allows is a shorter one', async () => {
    const text = task({ dockerLabels: declared('300') });
    const [finding] = (await checkText(text)).findings;
    expect(finding?.remedy).toContain('make longer streams resumable');
    expect(await messages(apply(text, finding?.remedy ?? ''))).toEqual([]);
    expect(finding?.edits).toEqual([]);
  });
});

it('without a declaration nothing is judged, and the reason is the remedy', async () => {
  const { judged, findings, notJudged } = await checkText(compose({}));
  expect([judged, findings]).toEqual([0, []]);
  expect(notJudged.map(({ resource, reason }) => `${resource.toString()}: ${reason}`)).toEqual([
    expect.stringMatching(/^service\/chat: .*label nestjs-drain\/timeout, or pass --timeout/),
    expect.stringMatching(/^service\/db: a database/),
  ]);
});

it('other YAML with services is no compose file', async () => {
  const report = await checkText(stringify({ services: { a: { url: 'http://a' } } }));
  expect(report).toMatchObject({ resources: 0, judged: 0, findings: [] });
});
