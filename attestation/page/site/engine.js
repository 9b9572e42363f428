// The checking program: the same code as the `receipt` command, as WebAssembly. The border is
// described in `src/lib.rs`.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Loads the program that a link of the page names, if it has the digest that the link names. */
export async function loadEngine({ href, integrity }) {
  const response = await fetch(href, { integrity });
  if (!response.ok) throw new Error(`${href}: ${response.status}`);
  return startEngine(await response.arrayBuffer());
}

/** Starts the program from its bytes. */
export async function startEngine(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const digest = hex(await crypto.subtle.digest('SHA-256', bytes));
  return new Engine(instance.exports, digest);
}

class Engine {
  constructor(border, digest) {
    this.border = border;
    this.digest = digest;
  }

  /** Checks a receipt: see `src/check.rs` for question and answer. */
  check(request) {
    return this.#ask('check', encoder.encode(JSON.stringify(request)));
  }

  /** Puts together what was read, the newest last: see `src/join.rs`. */
  join(texts) {
    return this.#ask('join', encoder.encode(JSON.stringify(texts)));
  }

  /** Says whose key and list these are. */
  describe(request) {
    return this.#ask('describe', encoder.encode(JSON.stringify(request)));
  }

  /** Every code that there is. */
  vocabulary() {
    return this.#ask('vocabulary', new Uint8Array());
  }

  /** The text of a receipt's code in a grey picture, or ''. */
  scan(pixels, width) {
    this.#give(pixels);
    return this.#take(this.border.scan(width));
  }

  #ask(question, bytes) {
    this.#give(bytes);
    return JSON.parse(this.#take(this.border[question]()));
  }

  #give(bytes) {
    const address = this.border.input(bytes.length);
    if (address === 0) throw new RangeError('more than the checking program takes');
    new Uint8Array(this.border.memory.buffer, address, bytes.length).set(bytes);
  }

  #take(length) {
    const address = this.border.output();
    return decoder.decode(new Uint8Array(this.border.memory.buffer, address, length));
  }
}

/** Bytes in hexadecimal digits. */
export function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes in base64. */
export function base64(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
