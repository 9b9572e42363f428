// What the tests share: receipts from the real crate, sites put together by the real script, a
// small static server that writes down what it was asked, and Debian's Chromium.

import { execFileSync } from 'node:child_process';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = path.dirname(fileURLToPath(import.meta.url));
const types = { html: 'text/html', js: 'text/javascript', css: 'text/css', json: 'application/json', svg: 'image/svg+xml', wasm: 'application/wasm', webmanifest: 'application/manifest+json' };

/** Set by scripts/test-page.sh: the folder of `examples/receipts.rs`, and the built page. */
export const receipts = required('RECEIPTS');
const built = required('VERIFY_PAGE');
export const cases = JSON.parse(readFileSync(path.join(receipts, 'cases.json')));
export const receipt = (name) => cases.find((one) => one.name === name);
export const file = (name) => path.join(receipts, name);
export const wasm = () => readFileSync(path.join(built, 'verify.wasm'));

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run scripts/test-page.sh`);
  return value;
}

/** A site as an operator would publish it. */
export function site(...options) {
  const out = mkdtempSync(path.join(tmpdir(), 'verify-page-'));
  process.on('exit', () => rmSync(out, { recursive: true, force: true }));
  execFileSync('python3', [path.join(here, '../assemble.py'), '--wasm', path.join(built, 'verify.wasm'), '--out', out, ...options]);
  return out;
}

/** Serves a folder; `replaced` stands before its files, `asked` is everything that was asked. */
export async function serve(folder) {
  const server = { replaced: {}, asked: [] };
  const http = createServer((request, response) => {
    server.asked.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    const name = new URL(request.url, 'http://x').pathname.slice(1) || 'index.html';
    try {
      const body = server.replaced[name] ?? readFileSync(path.join(folder, path.basename(name)));
      response.writeHead(200, { 'content-type': types[name.split('.').pop()] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => http.listen(0, '127.0.0.1', ready));
  // A test that fails must not keep the others waiting.
  http.unref();
  server.origin = `http://127.0.0.1:${http.address().port}`;
  server.stop = () => {
    http.closeAllConnections();
    return new Promise((stopped) => http.close(stopped));
  };
  return server;
}

/** Longer than anything takes on the most starved machine, in milliseconds; only failures wait for it. */
const LONG = 300_000;

/** Chromium with a film of the genuine receipt as its camera, and without a network of its own. */
export function launch(film = 'camera.y4m') {
  return chromium.launch({
    timeout: LONG,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${file(film)}`,
    ],
  });
}

/** A browser of somebody's own. */
export async function ownBrowser(browser, options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(LONG);
  return context;
}

/** A visitor: a browser of their own, in one language, on a phone unless told otherwise. */
export async function visitor(browser, server, { language = 'en', at = '', ...options } = {}) {
  const context = await ownBrowser(browser, { locale: language === 'zh' ? 'zh-CN' : 'en-GB', viewport: { width: 360, height: 740 }, ...options });
  const page = await context.newPage();
  const outside = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'blob:' && url.origin !== server.origin) outside.push(request.url());
  });
  const errors = [];
  page.on('pageerror', (error) => errors.push(error));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${server.origin}/${at}`);
  await page.waitForSelector('body[data-ready]');
  return { page, context, outside, errors };
}

/** Pastes a text and has it checked. */
export async function paste(page, text) {
  if (await page.locator('#again').isVisible()) await page.click('#again');
  if (!(await page.locator('#text').isVisible())) await page.click('#paste > summary');
  await page.fill('#text', text);
  await page.click('#text-form button');
  await page.waitForSelector('#result-title');
}

/** What the visitor reads in the result. */
export const reading = (page) => page.innerText('#result');
