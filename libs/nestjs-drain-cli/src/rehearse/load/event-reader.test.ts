import { type IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { EventReader } from './event-reader.js';
import { defaultRecognition, recognise, type RecognitionPlan } from './recognition.js';
import { newAttempt, type Attempt, type Ending, type Stream } from './stream.js';

describe('reading a stream', () => {
  it.each([
    ['data: [DONE]\n\n', '[DONE]'],
    ['event: response.completed\ndata: {}\n\n', 'response.completed'],
    ['event: done\ndata: {}\n\n', 'done'],
  ])('knows the common terminal event %j', (text, terminal) => {
    const { stream } = read(['data: a\n\n', text]);
    expect(stream.terminal).toBe(terminal);
  });

  it('sees a terminal event that arrives in pieces', () => {
    const { stream } = read(['data: [DO', 'NE]\n', '\n']);
    expect(stream.terminal).toBe('[DONE]');
  });

  it('joins characters that were split between chunks', () => {
    const [first, second] = split(Buffer.from('data: schön\n\n'), 10);
    const { stream } = readBytes([first, second], { completeText: 'schön' });
    expect(stream.terminal).toBe('schön');
  });

  it('finds no end in a stream that was cut inside its terminal event', () => {
    const { stream } = read(['data: a\n\n', 'data: [DONE]']);
    expect(stream.terminal).toBeUndefined();
  });

  it('knows only the names it was given, once it was given any', () => {
    const plan = { ...defaultRecognition, completeEvents: ['fin'], completeData: [] };
    expect(read(['data: [DONE]\n\n'], plan).stream.terminal).toBeUndefined();
    expect(read(['event: fin\ndata: 1\n\n'], plan).stream.terminal).toBe('fin');
  });

  it('keeps a farewell although more follows it', () => {
    const { reader } = read(['event: response.incomplete\ndata: {}\n\n', 'data: [DONE]\n\n']);
    expect(reader.told).toBe('response.incomplete');
  });

  it('takes retry: as a farewell only when it is the last word', () => {
    expect(read(['data: a\n\n', 'retry: 50\n\n']).reader.told).toBe('retry: 50');
    expect(read(['data: a\n\n', 'retry: 50\ndata: bye\n\n']).reader.told).toBe('retry: 50');
    expect(read(['retry: 50\n\n', 'data: a\n\n']).reader.told).toBeUndefined();
  });

  it.each<[Ending, string | undefined]>([
    ['clean', 'retry: 50'],
    ['reset', undefined],
    ['idle', undefined],
    ['closed', undefined],
  ])('takes retry: before an end that is %s for the farewell %s', (ending, told) => {
    const { reader } = read(['data: a\n\n', 'retry: 50\ndata: b\n\n']);
    reader.end(ending);
    expect([reader.told, reader.askedBack]).toEqual([told, told !== undefined]);
  });

  it('keeps a farewell of another kind although the connection broke after it', () => {
    const { reader } = read(['event: shutdown\ndata: bye\n\n']);
    reader.end('reset');
    expect(reader.told).toBe('shutdown');
  });

  it('remembers the last id and the time to wait', () => {
    const { reader } = read(['id: 7\ndata: a\n\n', 'retry: 120\n\n']);
    expect(reader.lastEventId).toBe('7');
    expect(reader.retry).toBe(120);
  });

  it('notices which numbered events were lost between two attempts', () => {
    const { reader, stream } = read(['id: 6\ndata: o\n\nid: 7\ndata: a\n\n']);
    comeBack(reader, 'reset');
    reader.read(Buffer.from('id: 11\ndata: b\n\n'));
    expect(stream.gap).toBe('3 events between id 7 and id 11');
  });

  it('finds nothing lost when the next number follows', () => {
    const { reader, stream } = read(['id: 7\ndata: a\n\n']);
    comeBack(reader, 'reset');
    reader.read(Buffer.from('id: 8\ndata: b\n\nid: 12\ndata: c\n\n'));
    expect(stream.gap).toBeUndefined();
  });

  it.each([
    ['at 1', '57', '1', /began again at 1 after 57/],
    ['at 1 behind the same prefix', 'a-57', 'a-1', /began again at a-1 after a-57/],
  ])('notices ids that begin again %s', (_, before, after, gap) => {
    const { reader, stream } = read([`id: ${before}\ndata: a\n\n`]);
    comeBack(reader, 'reset');
    reader.read(Buffer.from(`id: ${after}\ndata: b\n\n`));
    expect(stream.gap).toMatch(gap);
  });

  it.each<[string, string, string, Ending[], Partial<Stream>]>([
    [
      'begin again at the first one after a clean end',
      '1',
      '1',
      ['clean'],
      { anew: again('1', '4') },
    ],
    [
      'begin again so, and attempts were refused meanwhile',
      '1',
      '1',
      ['clean', 'refused'],
      { anew: again('1', '4') },
    ],
    [
      'begin again at the first one after a broken connection',
      '1',
      '1',
      ['reset'],
      { gap: again('1', '4') },
    ],
    ['go back to another one than the first', '3', '1', ['clean'], { gap: again('1', '4') }],
    ['go on with a gap', '3', '9', ['clean'], { gap: '4 events between id 4 and id 9' }],
    ['go on without a gap', '1', '5', ['clean'], {}],
  ])('knows what it means when ids %s', (_, first, after, endings, expected) => {
    const { reader, stream } = read([`id: ${first}\ndata: a\n\n`, 'id: 4\ndata: o\n\n']);
    for (const ending of endings) interrupt(reader, ending);
    reader.begin(answer());
    reader.read(Buffer.from(`id: ${after}\ndata: b\n\n`));
    const { anew, gap, doubt } = stream;
    expect({ anew, gap, doubt }).toEqual({
      anew: undefined,
      gap: undefined,
      doubt: undefined,
      ...expected,
    });
  });

  it('finds a loss where one of several answers without events broke off', () => {
    const { reader, stream } = read(['id: 1\ndata: a\n\nid: 2\ndata: b\n\n']);
    for (const ending of ['reset', 'clean'] as const) {
      comeBack(reader, ending);
    }
    reader.read(Buffer.from('id: 1\ndata: a\n\n'));
    expect([stream.anew, stream.gap]).toEqual([undefined, again('1', '2')]);
  });

  it.each<Ending>(['clean', 'reset', 'idle'])(
    'waits after an end that is %s for the event with an id that says whether it went on',
    (ending) => {
      const { reader, stream } = read(['id: 1\ndata: a\n\n']);
      expect(stream.awaited).toBe(false);
      comeBack(reader, ending);
      expect(stream.awaited).toBe(true);
      reader.read(Buffer.from('event: ping\ndata: b\n\n'));
      expect(stream.awaited).toBe(true);
      reader.read(Buffer.from('id: 2\ndata: b\n\n'));
      expect(stream.awaited).toBe(false);
    },
  );

  it('takes an answer that is no SSE for no proof that events with ids went on', () => {
    const { reader, stream } = read(['id: 1\ndata: a\n\n']);
    interrupt(reader, 'reset');
    reader.begin({ headers: { 'content-type': 'application/json' } } as IncomingMessage);
    reader.read(Buffer.from('{"error":"unknown stream"}'));
    reader.end('clean');
    expect(stream.awaited).toBe(true);
  });

  it('awaits nothing where it was told to come back', () => {
    const { reader, stream } = read(['id: 1\ndata: a\n\n', 'retry: 10\n\n']);
    interrupt(reader, 'clean');
    expect(stream.awaited).toBe(false);
  });

  it('does not excuse an interruption by a farewell at the next one', () => {
    const { reader, stream } = read(['id: 1\ndata: a\n\nid: 2\ndata: b\n\n']);
    comeBack(reader, 'reset');
    reader.read(Buffer.from('retry: 10\n\n'));
    comeBack(reader, 'clean');
    expect(stream.awaited).toBe(true);
    reader.read(Buffer.from('id: 1\ndata: a\n\n'));
    expect([stream.gap, stream.restarted]).toEqual([again('1', '2'), undefined]);
  });

  it('shows the last piece before the clean end, whatever comes after it', () => {
    const { reader, stream } = read(['id: 1\ndata: w0\n\nid: 2\ndata: w14\n\n']);
    comeBack(reader, 'clean');
    reader.read(Buffer.from('id: 1\ndata: w0\n\n'));
    expect(stream.lastPiece).toBe('w14');
  });

  it('does not take ids that begin again for a loss where the client was told to come back', () => {
    const { reader, stream } = read(['id: 57\ndata: a\n\n', 'retry: 10\n\n']);
    comeBack(reader, 'clean');
    reader.read(Buffer.from('id: 1\ndata: b\n\n'));
    expect(stream.gap).toBeUndefined();
    expect(stream.restarted).toBe(true);
  });

  it('takes the same event once more for no proof, and waits for one behind it', () => {
    const { reader, stream } = read(['id: 1\ndata: o\n\nid: 2\ndata: a\n\n']);
    comeBack(reader, 'reset');
    reader.read(Buffer.from('id: 2\ndata: a\n\n'));
    expect(stream.awaited).toBe(true);
    reader.read(Buffer.from('id: 3\ndata: b\n\n'));
    expect([stream.awaited, stream.gap, stream.doubt]).toEqual([false, undefined, undefined]);
  });

  it('excuses no interruption by a farewell after which only the same event came once more', () => {
    const { reader, stream } = read(['id: 1\ndata: o\n\nid: 2\ndata: a\n\n']);
    comeBack(reader, 'reset');
    reader.read(Buffer.from('id: 2\ndata: a\n\nretry: 10\n\n'));
    comeBack(reader, 'clean');
    expect(stream.awaited).toBe(true);
    reader.read(Buffer.from('id: 1\ndata: o\n\n'));
    expect([stream.gap, stream.restarted]).toEqual([again('1', '2'), undefined]);
  });

  it('takes ids that do not tell for a beginning where the client was told to come back', () => {
    const { reader, stream } = read(['id: 1\ndata: a\n\n', 'retry: 10\n\n']);
    comeBack(reader, 'clean');
    reader.read(Buffer.from('id: 1\ndata: a\n\n'));
    expect([stream.restarted, stream.doubt, stream.anew]).toEqual([true, undefined, undefined]);
  });

  it.each([
    ['cannot be compared', ['a1b', 'c2d'], 'e3f'],
    ['do not count', ['100', '137'], '290'],
    ['were not seen to count, as only one had come', ['10'], '20'],
  ])('doubts a continuation whose ids %s', (_, before, after) => {
    const { reader, stream } = read(before.map((id) => `id: ${id}\ndata: a\n\n`));
    comeBack(reader, 'reset');
    reader.read(Buffer.from(`id: ${after}\ndata: b\n\n`));
    expect(stream.gap).toBeUndefined();
    expect(stream.doubt).toBeDefined();
  });

  it('takes what went on after an error for going on', () => {
    const { reader } = read(['event: error\ndata: {}\n\n', 'data: a\n\n']);
    expect(reader.told).toBeUndefined();
  });

  it('takes an event after which the stream went on again and again for no farewell', () => {
    const [error, ordinary] = ['event: error\ndata: {}\n\n', 'data: a\n\n'];
    expect(read([error, ordinary, error]).reader.told).toBe('error');
    const { reader } = read([error, ordinary, error, ordinary, error]);
    expect(reader.told).toBeUndefined();
    comeBack(reader, 'reset');
    reader.read(Buffer.from(error));
    expect(reader.told).toBeUndefined();
    reader.read(Buffer.from('event: shutdown\ndata: {}\n\n'));
    expect(reader.told).toBe('shutdown');
  });
});

function again(at: string, before: string): string {
  return `what was sent meanwhile: its ids began again at ${at} after ${before}`;
}

function read(texts: string[], plan: Partial<RecognitionPlan> = {}) {
  return readBytes(
    texts.map((text) => Buffer.from(text)),
    plan,
  );
}

function readBytes(chunks: Buffer[], plan: Partial<RecognitionPlan>) {
  const stream: Stream = {
    id: 1,
    client: 1,
    kind: 'sse',
    request: 'GET /',
    attempts: [],
    events: 0,
    named: false,
    connected: true,
    open: true,
  };
  const reader = new EventReader(stream, recognise({ ...defaultRecognition, ...plan }));
  reader.begin(answer());
  for (const chunk of chunks) reader.read(chunk);
  return { reader, stream };
}

/** An attempt ended, and the client will come back. */
function interrupt(reader: EventReader, ending: Ending) {
  const attempt: Attempt = { ...newAttempt(0), ending };
  if (ending !== 'refused') {
    attempt.status = 200;
    reader.end(ending);
    if (reader.told !== undefined) attempt.told = reader.told;
  }
  reader.interrupt(attempt);
}

function comeBack(reader: EventReader, ending: Ending) {
  interrupt(reader, ending);
  reader.begin(answer());
}

function answer() {
  return { headers: { 'content-type': 'text/event-stream' } } as IncomingMessage;
}

function split(bytes: Buffer, at: number): [Buffer, Buffer] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}
