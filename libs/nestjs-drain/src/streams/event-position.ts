/** A blank line ends an event. Line ends are CRLF, LF or CR (HTML, section 9.2.5). */
const blankLine = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)$/;

/**
 * Where an event stream stands behind the chunks that were written, which may split an event anywhere. It begins as
 * if behind a blank line.
 */
export class EventPosition {
  /** The last characters: two line ends fit into them. */
  #tail = '\n\n';

  /**
   * @param chunk a text or bytes; anything else says nothing
   * @param encoding of a text, as `write()` takes it
   */
  follow(chunk: unknown, encoding?: unknown): void {
    if (typeof chunk === 'string' && typeof encoding === 'string' && !isUtf8(encoding)) {
      this.follow(Buffer.from(chunk, encoding as BufferEncoding));
    } else if (typeof chunk === 'string') this.#tail = (this.#tail + chunk.slice(-4)).slice(-4);
    else if (ArrayBuffer.isView(chunk)) {
      const { buffer, byteOffset, byteLength } = chunk;
      this.follow(Buffer.from(buffer, byteOffset, byteLength).subarray(-4).toString('latin1'));
    }
  }

  /** No event is under way: what is written here is inside none. */
  get isBetweenEvents(): boolean {
    return blankLine.test(this.#tail);
  }
}

/** What Node takes a text for without an encoding: its last characters are those that are sent. */
const isUtf8 = (encoding: string): boolean => /^utf-?8$/i.test(encoding);
