// The page is for everybody: axe finds nothing in any state, in both languages, by day and by
// night; nothing is cut off on a narrow screen or with letters twice as large.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { file, launch, paste, receipt, serve, site, visitor } from './harness.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
let browser;
let plain;
let keyless;

before(async () => {
  browser = await launch();
  plain = await serve(site('--operator', file('operator.pub')));
  keyless = await serve(site());
});

after(async () => {
  await browser?.close();
  await Promise.all([plain, keyless].map((server) => server?.stop()));
});

/** Every state that a visitor can come to, one after the other; the camera is the last. */
const states = {
  beginning: (page) => page.click('#paste > summary'),
  verified: (page) => paste(page, receipt('verified').text),
  'not verified': (page) => paste(page, receipt('not-verified').text),
  referred: (page) => paste(page, receipt('referred').text),
  refused: (page) => paste(page, receipt('changed-statement').text),
  'no receipt': (page) => paste(page, receipt('not-a-receipt').text),
  camera: async (page) => {
    // A camera that shows no code: the film would end the state at once.
    await page.evaluate(() => {
      const canvas = document.createElement('canvas');
      canvas.getContext('2d');
      navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(5);
    });
    await page.click('#again');
    await page.click('#scan');
    await page.waitForSelector('#camera:not([hidden])');
  },
};

for (const language of ['zh', 'en']) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing: ${language}, ${colorScheme}`, async () => {
      const { page, context } = await visitor(browser, plain, { language, colorScheme });
      await page.evaluate(axe);
      for (const [name, reach] of Object.entries(states)) {
        await reach(page);
        await nothingFound(page, name);
      }
      assert.equal(await page.getAttribute('html', 'lang'), language === 'zh' ? 'zh-CN' : 'en');
      await context.close();
      const { page: locked, context: other } = await visitor(browser, keyless, { language, colorScheme });
      await locked.evaluate(axe);
      await nothingFound(locked, 'no key');
      await other.close();
    });
  }
}

async function nothingFound(page, state) {
  await openEverything(page);
  const { violations } = await page.evaluate((only) => globalThis.axe.run({ runOnly: only }), tags);
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join('\n')}`);
  assert.deepEqual(told, [], state);
}

const openEverything = (page) => page.$$eval('details', (all) => all.forEach((details) => (details.open = true)));

test('nothing is cut off: 320 pixels wide, and with letters twice as large', async () => {
  for (const language of ['zh', 'en']) {
    const { page, context } = await visitor(browser, plain, { language });
    for (const [name, reach] of Object.entries(states)) {
      await reach(page);
      await openEverything(page);
      for (const [width, scale] of [[320, 1], [360, 2], [1280, 2], [360, 1]]) {
        await page.setViewportSize({ width, height: 740 });
        const overflow = await page.evaluate((size) => {
          document.documentElement.style.fontSize = size;
          return document.documentElement.scrollWidth - document.documentElement.clientWidth;
        }, `${scale * 100}%`);
        assert.equal(overflow, 0, `${language}, ${name}, ${width} px, ${scale}×`);
      }
    }
    await context.close();
  }
});

test('what is touched is large enough', async () => {
  const { page, context } = await visitor(browser, plain);
  const small = await page.$$eval('button, .button', (all) => all.filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML));
  assert.deepEqual(small, []);
  await context.close();
});
