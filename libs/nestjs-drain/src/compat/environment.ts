/**
 * What restarts this process on every save, or undefined. Only by what the watcher, or the package manager in front
 * of it, has put into the environment: what is missing around a process, such as a cluster, says nothing.
 */
export function watcherOf(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  // `node --watch` sets it for the process that it starts (lib/internal/main/watch_mode.js).
  if (environment['WATCH_REPORT_DEPENDENCIES']) return 'node --watch';
  // npm, pnpm and yarn 1 set it to the script of package.json that they run. The Nest CLI itself sets nothing.
  const script = environment['npm_lifecycle_script'] ?? '';
  if (/\bnest start\b[^&|;]*\s(--watch|-w)\b/.test(script)) return 'nest start --watch';
  return undefined;
}

/** Whether Kubernetes started this process: it tells every container where its API server is. */
export const isInPod = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  environment['KUBERNETES_SERVICE_HOST'] !== undefined;
