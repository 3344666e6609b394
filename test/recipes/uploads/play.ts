import { request } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Recipe } from '../support/recipe.js';

const boundary = 'recipe';
const head = [
  `--${boundary}`,
  'Content-Disposition: form-data; name="file"; filename="video.mp4"',
  'Content-Type: video/mp4',
  '',
  '',
].join('\r\n');
const part = Buffer.alloc(64 * 1024, 'x');

export const uploads: Recipe = {
  name: 'uploads',
  plays: [
    {
      underWay: 'an upload of 1 MiB, half sent',
      async run(app) {
        const upload = request(`${app.url}/uploads`, {
          method: 'POST',
          headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
        });
        const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
        upload.write(head);
        for (let sent = 0; sent < 8; sent++) upload.write(part);
        // The kernel has all of it; the server's is the next word.
        await once(upload, 'drain');
        app.terminate();
        await app.printed('Shutting down');
        for (let sent = 0; sent < 8; sent++) {
          upload.write(part);
          await pause(50);
        }
        upload.end(`\r\n--${boundary}--\r\n`);
        const [response] = await answered;
        return `${response.statusCode}, \`${await text(response)}\``;
      },
    },
  ],
};
