import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Delete, Get, Module, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  ErrorCode,
  isInitializeRequest,
  isJSONRPCRequest,
  type JSONRPCErrorResponse,
} from '@modelcontextprotocol/sdk/types.js';
import type { Request, Response } from 'express';
import { GracefulShutdownModule, StreamAdmission } from 'nestjs-drain';
import { z } from 'zod';

/** A server with two tools: one works in steps and says after each how far it is, one asks the user first. */
function newServer(): McpServer {
  const server = new McpServer({ name: 'reports', version: '1.0.0' });
  const inputSchema = { steps: z.number() };
  server.registerTool('report', { inputSchema }, async ({ steps }, { sendNotification, _meta }) => {
    const { progressToken = '' } = _meta ?? {};
    for (let progress = 1; progress <= steps; progress++) {
      await pause(100);
      const params = { progressToken, progress, total: steps };
      await sendNotification({ method: 'notifications/progress', params });
    }
    return { content: [{ type: 'text', text: `${steps} steps done` }] };
  });
  server.registerTool('delete', {}, async ({ requestId }) => {
    const requestedSchema = { type: 'object' as const, properties: {} };
    const question = { message: 'Delete the report?', requestedSchema };
    // Over the stream of its own request: the GET stream may have been ended.
    const { action } = await server.server.elicitInput(question, { relatedRequestId: requestId });
    return { content: [{ type: 'text', text: action === 'accept' ? 'deleted' : 'kept' }] };
  });
  return server;
}

@Controller('mcp')
class McpController {
  readonly #sessions = new Map<string, StreamableHTTPServerTransport>();

  constructor(private readonly streams: StreamAdmission) {}

  /**
   * A request gets its answer as a finite stream. A notification, or the answer to a question of ours, belongs to a
   * request under way: it is no stream, and it is not refused while draining.
   */
  @Post()
  async post(@Req() request: Request, @Res() response: Response): Promise<void> {
    const message: unknown = request.body;
    if (isJSONRPCRequest(message)) {
      const error = { code: ErrorCode.ConnectionClosed, message: 'This replica is shutting down.' };
      const data: JSONRPCErrorResponse = { jsonrpc: '2.0', id: message.id, error };
      const farewell = { type: 'message', data };
      if (!this.streams.open(request, response, { route: 'POST /mcp', farewell })) return;
    }
    const transport = isInitializeRequest(message) ? await this.#begin() : this.#find(request);
    if (transport) await transport.handleRequest(request, response, message);
    else response.status(404).end();
  }

  /** The stream of the server's own messages has no end: its client is asked to reconnect. */
  @Get()
  async get(@Req() request: Request, @Res() response: Response): Promise<void> {
    const transport = this.#find(request);
    if (!transport) return void response.status(404).end();
    const options = { route: 'GET /mcp', kind: 'subscription' } as const;
    if (!this.streams.open(request, response, options)) return;
    await transport.handleRequest(request, response);
  }

  @Delete()
  async end(@Req() request: Request, @Res() response: Response): Promise<void> {
    const transport = this.#find(request);
    if (transport) await transport.handleRequest(request, response);
    else response.status(404).end();
  }

  #find(request: Request): StreamableHTTPServerTransport | undefined {
    return this.#sessions.get(request.header('Mcp-Session-Id') ?? '');
  }

  async #begin(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.#sessions.set(id, transport),
      onsessionclosed: (id) => void this.#sessions.delete(id),
    });
    await newServer().connect(transport);
    return transport;
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: Number(process.env['TIMEOUT'] ?? 30) })],
  controllers: [McpController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
