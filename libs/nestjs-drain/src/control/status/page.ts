import { markup } from './page-markup.js';
import { rendering } from './page-rendering.js';
import { connection } from './page-connection.js';
import { style } from './page-style.js';

/** The page, whole: no other file, no other host. It holds no data; its feed does. */
export function statusPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Shutdown</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}</style>
</head>
<body>${markup}
<script nonce="${nonce}" type="module">${rendering}${connection}</script>
</body>
</html>
`;
}
