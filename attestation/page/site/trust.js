// Whose receipts are accepted: the operator's key and trust list that the publisher put beside
// the page, or those that the visitor opened. The visitor's are forgotten with the page: a key
// left behind on a shared desk would make forged receipts green.

import { base64 } from './engine.js';

/** The longest trust list, in bytes (`TrustList::MAX_BYTES`). */
const MAX_LIST_BYTES = 2 << 20;
const MAX_KEY_BYTES = 4096;

/** A failure with one of the page's codes. */
export class Unusable extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** What the page goes by. */
export class Trust {
  constructor(engine) {
    this.engine = engine;
    this.published = { key: null, list: null, listMissing: false, name: null };
    this.own = { key: null, list: null };
    this.services = {};
    this.requireFresh = false;
  }

  /** Reads what lies beside the page. */
  async load() {
    const config = await fetch('config.json').then((response) => response.json());
    this.services = config.services;
    this.requireFresh = config.require_fresh;
    this.published.key = config.operator?.key ?? null;
    this.published.name = config.operator?.name ?? null;
    if (config.trust) await this.refresh();
  }

  /** Asks for the newest published list; offline, the last one comes from the cache. */
  async refresh() {
    const bytes = await fetch('trust.list', { cache: 'no-cache' })
      .then((response) => (response.ok ? response.arrayBuffer() : null))
      .catch(() => null);
    this.published.list = bytes && base64(new Uint8Array(bytes));
    this.published.listMissing = !bytes;
  }

  get isOwn() {
    return this.own.key !== null;
  }

  get key() {
    return this.own.key ?? this.published.key;
  }

  get list() {
    return this.own.list ?? (this.isOwn ? null : this.published.list);
  }

  get listMissing() {
    return !this.isOwn && !this.own.list && this.published.listMissing;
  }

  /** Takes the text of a key. */
  useKey(text) {
    const answer = this.engine.describe({ operator: text, now: now() });
    if (answer.kind !== 'described') throw new Unusable(answer.code);
    this.own = { key: text, list: null };
  }

  /** Takes a file: a key, or a list of the key in use. */
  async useFile(file) {
    if (file.size > MAX_LIST_BYTES) throw new Unusable('trust_list_too_large');
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (bytes.length <= MAX_KEY_BYTES && isText(bytes)) {
      this.useKey(new TextDecoder().decode(bytes));
      return 'key';
    }
    if (!this.key) throw new Unusable('operator_key_missing');
    const list = base64(bytes);
    const answer = this.engine.describe({ operator: this.key, trust: list, now: now() });
    if (answer.kind !== 'described') throw new Unusable(answer.code);
    this.own.list = list;
    return 'list';
  }

  /** Forgets what the visitor opened. */
  back() {
    this.own = { key: null, list: null };
  }

  /** Says whose key and list are in use; throws if they cannot be gone by. */
  describe() {
    if (!this.key) throw new Unusable('operator_key_missing');
    const answer = this.engine.describe({ operator: this.key, trust: this.list, now: now() });
    if (answer.kind !== 'described') throw new Unusable(answer.code);
    if (answer.trust) refuseOlder(answer.fingerprint, answer.trust.sequence);
    else if (this.requireFresh) throw new Unusable('trust_list_missing');
    return answer;
  }

  /** Checks a receipt's text by key and list. */
  check(text) {
    this.describe();
    const request = { text, operator: this.key, trust: this.list, require_fresh: this.requireFresh, now: now() };
    return this.engine.check(request);
  }
}

const now = () => Math.floor(Date.now() / 1000);

const isText = (bytes) => bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127));

/** A list with a lower number than one seen before is not gone by. */
function refuseOlder(fingerprint, sequence) {
  const name = `highest-list-${fingerprint}`;
  const seen = Number(stored(name) ?? 0);
  if (sequence < seen) throw new Unusable('trust_list_rolled_back');
  if (sequence > seen) store(name, String(sequence));
}

// A browser may forbid to remember anything; then there is no memory, and the page still works.
function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Nothing is remembered.
  }
}

export { stored, store };
