/**
 * Sockets that left HTTP by an upgrade or by CONNECT. Each has one owner: the adapter that claims it,
 * or else the server it came through, which ends it after the drain.
 */
export class Upgrades {
  readonly #unclaimed = new Map<object, () => void>();

  /** Sockets that no adapter has claimed. */
  get size(): number {
    return this.#unclaimed.size;
  }

  /** @param onClaim called when an adapter takes the socket over. */
  add(socket: object, onClaim: () => void): void {
    this.#unclaimed.set(socket, onClaim);
  }

  /** Takes a socket over, with the duty to end it within the drain's bounds. */
  claim(socket: object): void {
    const onClaim = this.#unclaimed.get(socket);
    this.delete(socket);
    onClaim?.();
  }

  /** The socket is closed. */
  delete(socket: object): void {
    this.#unclaimed.delete(socket);
  }
}
