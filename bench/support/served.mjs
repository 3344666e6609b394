/** Streams that a process has served to their own end, before it is measured: a pod with thousands has served many. */
export const served = 2000;

/** Opens so many streams and lets them end, so that what all ends have in common is compiled. */
export async function serve(server, clients, port) {
  await clients.ask('open', { port, path: '/ending', count: served });
  await server.ask('endStreams');
  await clients.ask('leave');
}
