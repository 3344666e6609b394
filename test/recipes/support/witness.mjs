// Loaded before a recipe (`node --import`): it sees from outside what a recipe does not print.
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';

// Synchronously, and into the recipe's own output: so the order of the lines is the order of the facts.
const say = (fact) => writeSync(1, `#witness ${JSON.stringify(fact)}\n`);

const open = new Set();
subscribe('http.server.request.start', ({ request, response }) => {
  say({ request: `${request.method} ${request.url}` });
  open.add(response);
  response.once('close', () => open.delete(response));
});

subscribe('nestjs-drain:ended', ({ report }) => say({ report }));

/** In the root module, whose hooks run before those of all others. */
class Witness {
  onModuleDestroy() {
    say({ openAtDestroy: [...open].map(({ req }) => `${req.method} ${req.url}`) });
  }
}

const create = NestFactory.create.bind(NestFactory);
NestFactory.create = (module, ...rest) => create({ module, providers: [Witness] }, ...rest);
