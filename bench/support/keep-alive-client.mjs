import { Agent, get } from 'node:http';
import { once } from 'node:events';

/** A client with a pool of kept connections, as services use it. */
export class KeepAliveClient {
  #agent;
  #url;

  /** @param keepAlive whether it keeps its connection after an answer */
  constructor(port, keepAlive = true) {
    this.#agent = new Agent({ keepAlive });
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** Resolves with the answer once its headers are here. */
  async get(path) {
    const request = get(`${this.#url}${path}`, { agent: this.#agent });
    const [response] = await once(request, 'response');
    if (response.statusCode !== 200)
      throw new Error(`${path} was answered ${response.statusCode}.`);
    return response;
  }

  /** Asks for an answer to its end, and resolves with the moment of that end. */
  async read(path) {
    return endOf(await this.get(path));
  }

  /** Asks for an answer to its end, and resolves with one of its headers. */
  async header(path, name) {
    const response = await this.get(path);
    await endOf(response);
    return response.headers[name];
  }

  close() {
    this.#agent.destroy();
  }
}

/** The moment in which the last byte of an answer was read. */
export async function endOf(response) {
  response.resume();
  await once(response, 'end');
  return performance.now();
}
