// The page: what the visitor does, and what is then shown. Nothing that is checked leaves it.

import { Camera } from './camera.js';
import { byId, h, icon } from './dom.js';
import { loadEngine } from './engine.js';
import { readPicture } from './picture.js';
import { draw } from './result.js';
import { ago } from './times.js';
import { Trust, Unusable, store, stored } from './trust.js';
import { speak, spoken, word } from './words.js';

/** After how long without a code the visitor gets advice, in milliseconds. */
const ADVICE_AFTER_MS = 8000;
/** How the receipt in a link begins; `Receipt::decode` reads the rest. */
const FRAGMENT = /^#KV[RP]/;

const page = { engine: null, trust: null, camera: null, offline: false, text: null, parts: [], answer: null, advice: 0 };

async function begin() {
  chooseLanguage(stored('language') ?? preferred());
  listen();
  document.body.dataset.open = 'yes';
  try {
    page.engine = await loadEngine(byId('program'));
    page.trust = new Trust(page.engine);
    page.camera = new Camera(page.engine, byId('video'));
    await page.trust.load();
  } catch (error) {
    console.error(error);
    page.trust ??= { services: {} };
    return show(unusable('program_missing'));
  }
  say();
  document.body.dataset.ready = 'yes';
  readFragment();
  workOffline();
}

function listen() {
  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => {
      chooseLanguage(button.dataset.language);
      store('language', button.dataset.language);
    });
  }
  byId('scan').addEventListener('click', scan);
  byId('stop').addEventListener('click', () => home());
  onFiles('picture', openPictures);
  onFiles('key-files', openKeys);
  onSubmit('text-form', () => takeText(byId('text').value.trim()));
  onSubmit('key-form', () => withTrust(() => useKey(byId('key-text').value)));
  addEventListener('hashchange', readFragment);
  addEventListener('paste', (event) => event.clipboardData?.files.length && openPictures([...event.clipboardData.files]));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) openPictures([...event.dataTransfer.files]);
  });
  document.addEventListener('visibilitychange', () => document.hidden && page.camera?.isOn && home());
}

function onFiles(id, use) {
  const input = byId(id);
  input.addEventListener('change', () => {
    const files = [...input.files];
    // So that the same file can be chosen again.
    input.value = '';
    if (files.length) use(files);
  });
}

function onSubmit(id, use) {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault();
    use();
  });
}

// Where a receipt comes from

function readFragment() {
  if (!page.engine || !FRAGMENT.test(location.hash)) return;
  // Only the fragment matters; a link is https in the receipt's grammar.
  checkText(`https://here/${location.hash}`);
}

async function scan() {
  closeResult();
  try {
    byId('ways').hidden = true;
    byId('camera').hidden = false;
    document.body.classList.add('scanning');
    await page.camera.start(found);
    byId('camera-title').focus();
    announce(word('camera.on'));
    advise();
  } catch (error) {
    show(failure(error));
  }
}

/** The camera is off, and its place on the page is gone. */
function stopScanning() {
  clearTimeout(page.advice);
  page.camera?.stop();
  byId('camera').hidden = true;
  document.body.classList.remove('scanning');
}

function found(text) {
  // The same part is seen again and again until the next one is shown.
  if (page.parts.includes(text)) return;
  navigator.vibrate?.(60);
  if (takeText(text)) advise();
}

/** Checks a text, or keeps it if it is one part of several; says whether more are needed. */
function takeText(text) {
  const texts = page.parts.includes(text) ? page.parts : [...page.parts, text];
  const joined = page.engine.join(texts);
  page.parts = joined.kind === 'parts' ? texts : [];
  if (joined.kind === 'whole') checkText(joined.text);
  else if (joined.kind === 'unusable') show(joined);
  drawParts(joined);
  return joined.kind === 'parts';
}

function drawParts({ kind, read, count } = {}) {
  const line = byId('parts');
  line.hidden = kind !== 'parts';
  line.textContent = line.hidden ? '' : word('parts.read', read, count);
  if (!line.hidden) {
    byId('text').value = '';
    announce(line.textContent);
  }
}

function advise() {
  clearTimeout(page.advice);
  byId('hint').textContent = word('camera.hint');
  page.advice = setTimeout(() => {
    if (!page.camera.isOn) return;
    byId('hint').textContent = word('camera.slow');
    announce(word('camera.slow'));
  }, ADVICE_AFTER_MS);
}

async function openPictures(files) {
  announce(word('busy.picture'));
  document.body.classList.add('busy');
  try {
    for (const file of files) if (!takeText(await readPicture(page.engine, file))) break;
  } catch (error) {
    show(failure(error));
  } finally {
    document.body.classList.remove('busy');
  }
}

function checkText(text) {
  if (!text) return show(unusable('text_empty'));
  page.text = text;
  try {
    show(page.trust.check(text));
  } catch (error) {
    show(failure(error));
  }
}

// Whose key and list

function openKeys(files) {
  // A key first: a list belongs to one.
  files.sort((one, other) => one.size - other.size);
  return withTrust(async () => {
    for (const file of files) {
      const kind = await page.trust.useFile(file);
      announce(word(kind === 'key' ? 'key.used' : 'key.list_used'));
    }
  });
}

function useKey(text) {
  page.trust.useKey(text);
  announce(word('key.used'));
}

/** Changes key or list; the receipt that is shown is checked again by them. */
async function withTrust(change) {
  try {
    await change();
    if (page.text) checkText(page.text);
    else if (page.answer) home();
  } catch (error) {
    show(failure(error));
  }
  drawKey();
}

// What is shown

function show(answer) {
  page.answer = answer;
  stopScanning();
  byId('ways').hidden = true;
  drawResult();
  drawKey();
  byId('result-title').focus();
  scrollTo(0, 0);
}

function drawResult() {
  const result = byId('result');
  const { look, parts } = draw(page.answer, page.trust);
  const again = h('button', { type: 'button', class: 'button', id: 'again', on: { click: () => home() } }, word('again'));
  result.className = `result result--${look}`;
  result.setAttribute('aria-labelledby', 'result-title');
  result.dataset.code = page.answer.code ?? page.answer.claims.decision;
  result.replaceChildren(...parts.filter(Boolean), again);
  result.hidden = false;
  const heads = [...result.querySelectorAll('h1, .explanation h2')];
  announce(heads.map((head) => head.textContent).join('. '));
  document.title = `${heads[0].textContent} · ${word('title')}`;
}

function closeResult() {
  page.text = null;
  page.parts = [];
  drawParts();
  page.answer = null;
  byId('result').hidden = true;
  byId('result').replaceChildren();
  byId('text').value = '';
  document.title = word('title');
  if (FRAGMENT.test(location.hash)) history.replaceState(null, '', location.pathname + location.search);
}

/** Back to the beginning; nothing of the last receipt stays on the page. */
function home() {
  stopScanning();
  closeResult();
  byId('ways').hidden = false;
  byId('ways-title').focus();
  announce('');
}

function chooseLanguage(name) {
  speak(name);
  document.documentElement.lang = word('lang');
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === name));
  }
  say();
}

const preferred = () => (navigator.languages.some((tag, at) => tag.startsWith('zh') && at === 0) ? 'zh' : 'en');

/** Says everything again, in the language chosen. */
function say() {
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = word(element.dataset.word);
  document.title = word('title');
  drawAbout();
  drawFooter();
  if (page.trust?.published) drawKey();
  if (page.answer) drawResult();
  if (page.parts.length) drawParts(page.engine.join(page.parts));
}

function drawKey() {
  const { trust } = page;
  if (!trust?.published) return;
  let described = null;
  let trouble = null;
  try {
    described = trust.describe();
  } catch (error) {
    trouble = failure(error).code;
  }
  const missing = trouble === 'operator_key_missing';
  const owner = trust.isOwn ? 'key.of_own' : trust.published.name ? 'key.of' : 'key.of_unnamed';
  const section = byId('key');
  section.classList.toggle('key--missing', missing);
  byId('other-key').open ||= missing;
  section.replaceChildren(
    h('h2', { id: 'key-title' }, icon('key'), word('key.title')),
    ...(missing
      ? [h('p', { class: 'owner' }, word('key.none')), h('p', {}, word('key.none_lead'))]
      : [h('p', { class: 'owner' }, word(owner, trust.published.name?.[spoken()])), ...keyLines(described, trouble)]),
    ...(trust.isOwn && trust.published.key ? [backButton()] : []),
  );
}

function keyLines(described, trouble) {
  if (trouble) return [h('p', { class: 'warn' }, icon('warn'), h('span', {}, word(`unusable.${trouble}`).title))];
  const { fingerprint, trust: list } = described;
  const lines = [
    list
      ? h('p', {}, word('key.list', list.sequence, ago(list.issued_at)))
      : h('p', {}, word('key.no_list')),
  ];
  if (described.statuses.length) {
    const oldest = described.statuses.map((status) => status.issued_at).sort()[0];
    lines.push(h('p', {}, word('key.statuses', described.statuses.length, ago(oldest))));
  }
  const missing = page.trust.statusesMissing;
  if (missing) lines.push(h('p', { class: 'warn' }, icon('warn'), h('span', {}, word('key.statuses_missing', missing))));
  if (list?.overdue) lines.push(h('p', { class: 'warn' }, icon('warn'), h('span', {}, word('notice.overdue'))));
  const groups = fingerprint.match(/.{4}/g).join(' ');
  lines.push(h('details', {}, h('summary', {}, word('key.fingerprint')), h('p', {}, h('code', {}, groups)), h('p', {}, word('key.compare'))));
  return lines;
}

function backButton() {
  const back = () => withTrust(() => page.trust.back());
  return h('button', { type: 'button', class: 'button', on: { click: back } }, word('key.back'));
}

function drawAbout() {
  const items = (names) => h('ul', {}, names.map((name) => h('li', {}, word(`about.${name}`))));
  byId('about').replaceChildren(
    h('h2', { id: 'about-title' }, word('about.title')),
    h('h3', {}, word('about.proves')),
    items(['proves_1', 'proves_2']),
    h('h3', {}, word('about.proves_not')),
    items(['not_1', 'not_2', 'not_3']),
    h('p', { class: 'warn' }, icon('info'), h('span', {}, word('about.page'))),
  );
}

function drawFooter() {
  if (!page.engine) return;
  byId('footer').replaceChildren(
    h('p', {}, word('footer.version', page.engine.vocabulary().version), ' · ', word(page.offline ? 'footer.offline' : 'footer.online_only')),
    h('details', {}, h('summary', {}, word('footer.digest')), h('p', {}, h('code', { id: 'digest' }, page.engine.digest))),
  );
}

function announce(text) {
  byId('announce').textContent = text;
}

const unusable = (code) => ({ kind: 'unusable', code });

function failure(error) {
  if (error instanceof Unusable) return unusable(error.code);
  console.error(error);
  return unusable('request_malformed');
}

/** Keeps the page for when there is no network. */
async function workOffline() {
  if (!navigator.serviceWorker) return;
  const policy = globalThis.trustedTypes?.createPolicy('offline', { createScriptURL: () => 'sw.js' });
  try {
    await navigator.serviceWorker.register(policy?.createScriptURL('') ?? 'sw.js');
    await navigator.serviceWorker.ready;
    page.offline = true;
    drawFooter();
  } catch (error) {
    console.error(error);
  }
}

begin();
