import getPort from 'get-port';

/** A loopback port that nobody listens on, for servers that cannot tell which one they were given. */
export const freePort = (): Promise<number> => getPort({ host: '127.0.0.1' });
