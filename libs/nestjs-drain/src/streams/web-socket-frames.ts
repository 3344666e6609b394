const endOfHead = '\r\n\r\n';

/**
 * Where frames end among the bytes that a server writes to an upgraded connection: the answer to the handshake, then
 * frames (RFC 6455, section 5.2). It reads no payload, so it does not matter who writes them, or what extension is used.
 */
export class WebSocketFrames {
  /** The last characters of the answer to the handshake; undefined once it is over. */
  #head: string | undefined = '';
  #header: number[] = [];
  /** Bytes of the frame under way that have not been written yet. */
  #payload = 0;

  /** Whether a frame of another writer may come next. */
  get isBetween(): boolean {
    return this.#head === undefined && this.#header.length === 0 && this.#payload === 0;
  }

  /** Bytes that were written. */
  follow(bytes: Uint8Array): void {
    let followed = 0;
    while (followed < bytes.length) followed += this.followFrame(bytes.subarray(followed));
  }

  /** Bytes that were written, up to the end of the frame under way. @returns how many these are */
  followFrame(bytes: Uint8Array): number {
    let followed = 0;
    while (followed < bytes.length) {
      followed += this.#step(bytes, followed);
      if (this.isBetween) break;
    }
    return followed;
  }

  #step(bytes: Uint8Array, at: number): number {
    if (this.#payload > 0) {
      const length = Math.min(this.#payload, bytes.length - at);
      this.#payload -= length;
      return length;
    }
    const byte = bytes[at]!;
    if (this.#head === undefined) this.#followHeader(byte);
    else this.#followHead(byte);
    return 1;
  }

  #followHead(byte: number): void {
    const head = (this.#head + String.fromCharCode(byte)).slice(-endOfHead.length);
    this.#head = head === endOfHead ? undefined : head;
  }

  #followHeader(byte: number): void {
    this.#header.push(byte);
    const [, second = 0] = this.#header;
    const short = second & 127;
    const extended = short === 127 ? 8 : short === 126 ? 2 : 0;
    const mask = second & 128 ? 4 : 0;
    if (this.#header.length < 2 + extended + mask) return;
    const digits = this.#header.slice(2, 2 + extended);
    this.#payload = extended ? digits.reduce((length, digit) => length * 256 + digit, 0) : short;
    this.#header = [];
  }
}

/** A close frame as a server sends it. @param reason at most 123 bytes */
export function closeFrame(code: number, reason: string): Uint8Array {
  const words = Buffer.from(reason);
  const frame = Buffer.from([0x88, 2 + words.length, 0, 0, ...words]);
  frame.writeUInt16BE(code, 2);
  return frame;
}
