import { Child } from '../support/questions.mjs';

/** Starts so many replicas on the servers, and passes them to `use`. */
export async function withReplicas(redis, count, use) {
  const replicas = [];
  try {
    for (let index = 0; index < count; index += 1) {
      replicas.push(await Child.start('../growth/producer.mjs', { urls: redis.urls.join(',') }));
    }
    return await use(replicas);
  } finally {
    for (const replica of replicas) await replica.stop();
  }
}

/** All replicas do the same at once. @returns their answers, and µs of processor and bytes of the servers */
export async function together(redis, replicas, question, details) {
  const before = await redis.usage();
  const answers = await Promise.all(replicas.map((replica) => replica.ask(question, details)));
  const after = await redis.usage();
  return {
    answers,
    processor: after.processor - before.processor,
    memory: after.memory - before.memory,
  };
}

export const sum = (values) => values.reduce((total, value) => total + value, 0);
