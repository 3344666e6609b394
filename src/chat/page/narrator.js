/**
 * Reads an answer to screen readers sentence by sentence: word by word it would be unbearable, and
 * all of it at the end would come too late.
 */
export class Narrator {
  #region = document.getElementById('narration');
  #pending = '';

  begin() {
    this.#region.replaceChildren();
    this.#pending = '';
  }

  hear(text) {
    this.#pending += text;
    if (/[.!?…:]\s+$/.test(this.#pending)) this.end();
  }

  end(remark = '') {
    const text = (this.#pending + remark).trim();
    this.#pending = '';
    if (text === '') return;
    const sentence = document.createElement('p');
    sentence.textContent = text;
    this.#region.append(sentence);
  }
}
