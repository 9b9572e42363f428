// Whose receipts are accepted: the operator's key and trust list that the publisher put beside
// the page, or those that the visitor opened. The visitor's are forgotten with the page: a key
// left behind on a shared desk would make forged receipts green.

import { base64 } from './engine.js';

/** The longest list, in bytes (`TrustList::MAX_BYTES`). */
const MAX_LIST_BYTES = 2 << 20;
/** How every status list begins: the base64url of `{"`. */
const JWT = 'ey';
const decoder = new TextDecoder();

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
    this.published = { key: null, list: null, listMissing: false, statuses: [], statusesMissing: 0, name: null };
    this.own = nothing();
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
    await Promise.all([config.trust && this.#loadTrust(), this.#loadStatuses(config.statuses)]);
  }

  async #loadTrust() {
    const bytes = await newest('trust.list');
    this.published.list = bytes && base64(bytes);
    this.published.listMissing = !bytes;
  }

  /** All of them at once: which one is looked at would tell where a visitor was. */
  async #loadStatuses(names) {
    const lists = await Promise.all(names.map(newest));
    const loaded = lists.filter(Boolean);
    this.published.statuses = loaded.map((bytes) => decoder.decode(bytes));
    this.published.statusesMissing = lists.length - loaded.length;
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

  get statuses() {
    return this.isOwn ? this.own.statuses : [...this.own.statuses, ...this.published.statuses];
  }

  /** How many of the published status lists could not be loaded. */
  get statusesMissing() {
    return this.isOwn ? 0 : this.published.statusesMissing;
  }

  /** Whether a published list that is missing might say otherwise than the answer. */
  mayMiss(answer) {
    const isPublished = answer.status && this.own.statuses.length === 0;
    return this.statusesMissing > 0 && !isPublished;
  }

  /** Takes the text of a key. */
  useKey(text) {
    const answer = this.engine.describe({ operator: text, now: now() });
    if (answer.kind !== 'described') throw new Unusable(answer.code);
    this.own = { ...nothing(), key: text };
  }

  /** Takes a file: a key, or a trust list or status list of the key in use. */
  async useFile(file) {
    if (file.size > MAX_LIST_BYTES) throw new Unusable('trust_list_too_large');
    const bytes = new Uint8Array(await file.arrayBuffer());
    const text = isText(bytes) && decoder.decode(bytes);
    if (text && !text.startsWith(JWT)) {
      this.useKey(text);
      return 'key';
    }
    if (!this.key) throw new Unusable('operator_key_missing');
    const list = text ? { statuses: [text] } : { trust: base64(bytes) };
    const answer = this.engine.describe({ operator: this.key, now: now(), ...list });
    if (answer.kind !== 'described') throw new Unusable(answer.code);
    if (text) this.own.statuses.push(text);
    else this.own.list = list.trust;
    return 'list';
  }

  /** Forgets what the visitor opened. */
  back() {
    this.own = nothing();
  }

  /** Says whose key and lists are in use; throws if they cannot be gone by. */
  describe() {
    if (!this.key) throw new Unusable('operator_key_missing');
    const answer = this.engine.describe({ ...this.#grounds(), now: now() });
    if (answer.kind !== 'described') throw new Unusable(answer.code);
    const { fingerprint, trust } = answer;
    const statuses = newestOfEach(answer.statuses);
    if (trust) refuseOlder(`list-${fingerprint}`, trust.sequence, 'trust_list_rolled_back');
    else if (this.requireFresh) throw new Unusable('trust_list_missing');
    for (const { uri, issued_at: issuedAt } of statuses) {
      refuseOlder(`status-${fingerprint}-${uri}`, Date.parse(issuedAt), 'status_list_rolled_back');
    }
    return answer;
  }

  /** Checks a receipt's text by key and lists. */
  check(text) {
    this.describe();
    const answer = this.engine.check({ ...this.#grounds(), text, require_fresh: this.requireFresh, now: now() });
    if (this.requireFresh && answer.kind === 'accepted' && this.mayMiss(answer)) throw new Unusable('status_list_missing');
    return answer;
  }

  #grounds() {
    return { operator: this.key, trust: this.list, statuses: this.statuses };
  }
}

/** What the visitor opened, at first. */
const nothing = () => ({ key: null, list: null, statuses: [] });

/** The newest list beside the page; offline, the last one comes from the cache. */
async function newest(name) {
  const response = await fetch(name, { cache: 'no-cache' }).catch(() => null);
  return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

const now = () => Math.floor(Date.now() / 1000);

const isText = (bytes) => bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127));

/** Of several lists under one name the newest counts: a visitor may bring a later one. */
function newestOfEach(lists) {
  const newest = new Map();
  for (const list of lists) {
    const known = newest.get(list.uri);
    if (!known || Date.parse(list.issued_at) > Date.parse(known.issued_at)) newest.set(list.uri, list);
  }
  return newest.values();
}

/** A list that is older than one seen before is not gone by. */
function refuseOlder(name, number, code) {
  const seen = Number(stored(`newest-${name}`) ?? 0);
  if (number < seen) throw new Unusable(code);
  if (number > seen) store(`newest-${name}`, String(number));
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
