import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import { startRecipe, type Cleanups, type Recipe, type RecipeProcess } from '../support/recipe.js';

interface ConnectedClient {
  readonly client: Client;
  /** The whole text of the GET stream, once that has ended. */
  readonly getStream: Promise<string>;
}

/** The official client, with its GET stream open. */
async function connect(app: RecipeProcess, cleanups: Cleanups): Promise<ConnectedClient> {
  const client = new Client(
    { name: 'recipe', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } } },
  );
  let onGetStream: (text: Promise<string>) => void;
  const getStream = new Promise<string>((resolve) => (onGetStream = resolve));
  const transport = new StreamableHTTPClientTransport(new URL(`${app.url}/mcp`), {
    // The next replica of this test starts behind the end of the first one.
    reconnectionOptions: {
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 60,
    },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (init?.method === 'GET') onGetStream(response.clone().text());
      return response;
    },
  });
  cleanups.push(() => client.close());
  client.onerror = () => undefined;
  await client.connect(transport);
  await app.received('GET /mcp');
  return { client, getStream };
}

/** Calls the tool with SIGTERM after its step 5, and says what the client got. */
async function call(app: RecipeProcess, client: Client, steps: number): Promise<string> {
  const onprogress = ({ progress }: { progress: number }): void => {
    if (progress === 5) app.terminate();
  };
  try {
    const request = { name: 'report', arguments: { steps } };
    const result = await client.callTool(request, undefined, { onprogress });
    return `the tool’s result, \`${JSON.stringify(result.content)}\``;
  } catch (error) {
    if (!(error instanceof McpError)) throw error;
    return `the JSON-RPC error \`${error.code}\`, \`${error.message}\``;
  }
}

export const mcp: Recipe = {
  name: 'mcp',
  plays: [
    {
      underWay: 'a tool call (POST), beside the GET stream',
      run: async (app, _env, cleanups) => {
        const { client } = await connect(app, cleanups);
        return call(app, client, 15);
      },
    },
    {
      underWay: 'a tool call that outlasts `timeout`, beside the GET stream',
      env: { TIMEOUT: '1' },
      outcome: 'timeout',
      run: async (app, _env, cleanups) => {
        const { client } = await connect(app, cleanups);
        return call(app, client, 200);
      },
    },
    {
      underWay: 'a tool call that asks the user; the answer comes while draining',
      async run(app, _env, cleanups) {
        const { client } = await connect(app, cleanups);
        client.setRequestHandler(ElicitRequestSchema, async () => {
          app.terminate();
          await app.printed('Shutting down');
          return { action: 'accept' as const, content: {} };
        });
        const { content } = await client.callTool({ name: 'delete' });
        return `the tool’s result, \`${JSON.stringify(content)}\``;
      },
    },
    {
      underWay: 'the GET stream',
      async run(app, _env, cleanups) {
        const { getStream } = await connect(app, cleanups);
        app.terminate();
        const text = await getStream;
        await app.exited;
        const next = await startRecipe('mcp', { PORT: new URL(app.url).port });
        cleanups.push(() => next.stop());
        await next.received('GET /mcp');
        return `\`${text.trim()}\`, a clean end; the client asks the next replica for the stream`;
      },
    },
  ],
};
