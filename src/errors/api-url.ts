/** Whether OpenAI's clients ask there: errors then have the shape that they read. */
export function isApiUrl(url: string): boolean {
  return /^\/v1(?:[/?]|$)/.test(url);
}
