// What a person sees who checks receipts: at a desk, on a phone, in both languages.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WORDS } from '../site/words.js';
import { cases, file, launch, ownBrowser, paste, reading, receipt, serve, site, visitor, wasm } from './harness.js';

const services = new URL('../../../kiosk-app/services', import.meta.url).pathname;
const operator = ['--operator', file('operator.pub'), '--services', services, '--name-zh', '市民服务中心', '--name-en', 'Citizens’ Service Centre'];
const PASS = 'result--verified';
let browser;
let plain;
let listed;
let strict;
let single;
let desk;

before(async () => {
  browser = await launch();
  plain = await serve(site(...operator));
  listed = await serve(site(...operator, '--trust', file('listed.list')));
  strict = await serve(site(...operator, '--trust', file('listed.list'), '--require-fresh'));
  copyFileSync(file('status-valid.status'), file('valid.status'));
  single = await serve(site(...operator, '--status', file('valid.status')));
});

after(async () => {
  await browser?.close();
  await Promise.all([plain, listed, strict, single].map((server) => server?.stop()));
});

/** Who checks a case: with lists somebody new, who has seen no newer one; else always the same. */
async function clerk(one) {
  if (one.trust || one.status) return visitor(browser, siteOf(one));
  desk ??= await visitor(browser, plain);
  return desk;
}

/** The site on which a case is checked. */
function siteOf({ trust, status, require_fresh: fresh }) {
  if (status) {
    single.replaced['valid.status'] = readFileSync(file(status));
    return single;
  }
  if (!trust) return plain;
  const server = fresh ? strict : listed;
  server.replaced['trust.list'] = readFileSync(file(trust));
  return server;
}

describe('genuine receipts', () => {
  test('a verified person is green, in plain words of both languages', async () => {
    const { page, context } = await visitor(browser, plain);
    await paste(page, receipt('verified').text);
    const read = await reading(page);
    for (const words of ['Verified', 'The person who was there is the holder', 'Genuine receipt', 'Outpatient registration', 'hall-2', 'kiosk-07', '2 days ago', 'Resident identity card', 'accepted, strongly', 'F4DB-E800']) {
      assert.ok(read.includes(words), `${words} is missing in:\n${read}`);
    }
    assert.match(await page.getAttribute('#result', 'class'), /result--verified/);
    assert.equal(await colour(page), 'green');
    await page.click('[data-language=zh]');
    const chinese = await reading(page);
    for (const words of ['核验通过', '当时在场的人就是证件持有人', '凭证真实', '门诊挂号', '2天前', '居民身份证', '人脸比对', 'F4DB-E800']) {
      assert.ok(chinese.includes(words), `${words} is missing in:\n${chinese}`);
    }
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    await context.close();
  });

  for (const name of ['not-verified', 'referred']) {
    test(`genuine is not verified: "${name}" never looks like a pass`, async () => {
      const { page, context } = await visitor(browser, plain);
      await paste(page, receipt(name).text);
      assert.doesNotMatch(await page.getAttribute('#result', 'class'), new RegExp(PASS));
      assert.notEqual(await colour(page), 'green');
      const { decision, reason } = receipt(name).answer.claims;
      for (const [language, table] of Object.entries(WORDS)) {
        await page.click(`[data-language=${language}]`);
        const read = await reading(page);
        assert.equal(await page.innerText('#result-title'), table.verdict[decision]);
        assert.ok(read.includes(table.reason[reason]));
        assert.ok(!read.includes(table.verdict.verified_lead) && !read.includes(table.verdict.genuine));
      }
      await context.close();
    });
  }

  test('the wallet form shows what its holder shows, and that it may be a copy', async () => {
    const { page, context } = await visitor(browser, plain);
    await paste(page, receipt('wallet').text);
    const read = await reading(page);
    for (const words of ['李示范', WORDS.en.field.name, '1 fields', WORDS.en.holder.not_bound, WORDS.en.notice.wallet]) assert.ok(read.includes(words), `${words} is missing in:\n${read}`);
    assert.ok(!read.includes('1990'));
    await context.close();
  });

  test('the plain form says what it does not prove', async () => {
    const { page, context } = await visitor(browser, siteOf(receipt('plain')), { at: `#${receipt('plain').fragment}` });
    await page.waitForSelector(`.${PASS}`);
    assert.ok((await reading(page)).includes(WORDS.en.notice.plain));
    await context.close();
  });

  test('a plain receipt does not pass by a page with a status list, which cannot tell about it', async () => {
    const server = await serve(site(...operator, '--trust', file('plain.list'), '--status', file('valid.status')));
    const { page, context } = await visitor(browser, server);
    await paste(page, receipt('plain').text);
    await page.waitForSelector('[data-code=status_needs_log]');
    assert.ok((await reading(page)).includes(WORDS.en.refusal.status_needs_log.todo));
    const failed = await page.$$eval('.step--failed', (steps) => steps.map((step) => step.innerText));
    assert.equal(failed.length, 1);
    assert.ok(failed[0].includes(WORDS.en.steps.not_taken_back));
    await context.close();
    await server.stop();
  });

  test('the status of the one verification is told with its age', async () => {
    const { page, context } = await visitor(browser, siteOf(receipt('status-valid')));
    await paste(page, receipt('status-valid').text);
    const read = await reading(page);
    assert.ok(read.includes(WORDS.en.facts.valid) && read.includes('issued 1 hour ago'), read);
    await paste(page, receipt('wallet').text);
    assert.ok((await reading(page)).includes('issued 1 hour ago'));
    await context.close();
  });

  test('the time is told in the visitor’s own zone', async () => {
    const { page, context } = await visitor(browser, plain, { timezoneId: 'Asia/Shanghai' });
    await paste(page, receipt('verified').text);
    const { issued_at: at } = receipt('verified').answer.claims;
    const there = new Intl.DateTimeFormat('en', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));
    assert.ok((await page.innerText('time')).includes(there));
    await context.close();
  });
});

describe('every case that the crate was asked about', () => {
  for (const one of cases) {
    test(`${one.name}: the page says what the crate says, in both languages`, async () => {
      const { page, context, errors } = await clerk(one);
      await paste(page, one.text);
      const { kind, code, claims } = one.answer;
      assert.equal(await page.getAttribute('#result', 'data-code'), code ?? claims.decision);
      const green = kind === 'accepted' && claims.decision === 'verified';
      assert.equal((await colour(page)) === 'green', green);
      if (kind !== 'accepted') {
        for (const [language, table] of Object.entries(WORDS)) {
          await page.click(`[data-language=${language}]`);
          const words = table.refusal[code] ?? table.unusable[code];
          const read = await reading(page);
          for (const line of [words.title, words.why, words.todo]) assert.ok(read.includes(line), `${line} is missing in:\n${read}`);
          assert.ok(!read.includes('kiosk-07'), 'nothing that a refused receipt says is repeated');
        }
      }
      assert.deepEqual(errors, []);
      if (context !== desk?.context) await context.close();
    });
  }

  test('a refusal shows which check failed, and that later ones were not reached', async () => {
    const { page, context } = await visitor(browser, plain);
    await paste(page, receipt('changed-statement').text);
    const states = await page.$$eval('.step', (steps) => steps.map((step) => step.className.split('--')[1]));
    assert.deepEqual(states, receipt('changed-statement').answer.steps.map(({ state }) => state));
    assert.deepEqual(states, ['passed', 'passed', 'passed', 'failed', 'not_reached', 'not_reached', 'not_reached', 'not_asked', 'not_asked']);
    assert.ok(await page.isVisible('.step--failed'));
    await context.close();
  });
});

describe('ways to a receipt', () => {
  test('a link: the fragment is read, and reaches nobody', async () => {
    const server = await serve(site(...operator));
    const { page, context, outside } = await visitor(browser, server, { at: `#${receipt('verified').fragment}` });
    await page.waitForSelector(`.${PASS}`);
    await page.goto(`${server.origin}/#${receipt('not-verified').fragment}`);
    await page.waitForSelector('.result--not-verified');
    await page.reload();
    await page.waitForSelector('.result--not-verified');
    await page.click('#again');
    assert.equal(new URL(page.url()).hash, '', 'the next person does not find it in the address');
    assert.ok(server.asked.length > 5);
    assert.ok(server.asked.every((asked) => !asked.includes('KVR') && !asked.includes(receipt('verified').fragment.slice(5, 30))));
    assert.deepEqual(outside, []);
    await context.close();
    await server.stop();
  });

  test('a picture of the code', async () => {
    const { page, context } = await visitor(browser, plain);
    await page.setInputFiles('#picture', file('verified.png'));
    await page.waitForSelector(`.${PASS}`);
    await page.click('#again');
    await page.setInputFiles('#picture', file('blank.png'));
    await page.waitForSelector('[data-code=picture_without_code]');
    assert.ok((await reading(page)).includes(WORDS.en.unusable.picture_without_code.title));
    await page.click('#again');
    await page.setInputFiles('#picture', file('operator.pub'));
    await page.waitForSelector('[data-code=picture_unreadable]');
    await context.close();
  });

  test('the camera', async () => {
    const { page, context } = await visitor(browser, plain, { permissions: ['camera'] });
    await page.click('#scan');
    await page.waitForSelector(`.${PASS}`);
    assert.equal(await page.$eval('#video', (video) => video.srcObject), null, 'the camera is off again');
    await context.close();
  });

  test('a wallet proof in several codes: pictures one after the other, in any order, and at once', async () => {
    const { page, context } = await visitor(browser, plain);
    await page.setInputFiles('#picture', file('part-2.png'));
    await page.waitForSelector('#parts:visible');
    assert.ok((await page.innerText('#parts')).startsWith('1 of 2 codes read'));
    await page.click('[data-language=zh]');
    assert.ok((await page.innerText('#parts')).startsWith('已读 1 个，共 2 个'));
    await page.click('[data-language=en]');
    await page.setInputFiles('#picture', file('part-1.png'));
    await page.waitForSelector(`.${PASS}`);
    assert.ok((await reading(page)).includes('李示范'));
    assert.ok(!(await page.isVisible('#parts')));
    await page.click('#again');
    await page.setInputFiles('#picture', [file('part-1.png'), file('part-2.png')]);
    await page.waitForSelector(`.${PASS}`);
    await context.close();
  });

  test('a wallet proof in several codes before the camera', async () => {
    const other = await launch('parts.y4m');
    const { page, context } = await visitor(other, plain, { permissions: ['camera'] });
    await page.click('#scan');
    await page.waitForSelector(`.${PASS}`);
    assert.ok((await reading(page)).includes('李示范'));
    assert.equal(await page.$eval('#video', (video) => video.srcObject), null, 'the camera is off again');
    await context.close();
    await other.close();
  });

  test('a camera that is not allowed', async () => {
    const { page, context } = await visitor(browser, plain);
    await page.click('#scan');
    await page.waitForSelector('[data-code=camera_denied]');
    assert.ok((await reading(page)).includes(WORDS.en.unusable.camera_denied.todo));
    await page.click('#again');
    assert.ok(await page.isVisible('#scan'));
    await context.close();
  });

  test('by keyboard alone; the result is where the focus is, and is announced', async () => {
    const { page, context } = await visitor(browser, plain, { viewport: { width: 1280, height: 900 } });
    await tabTo(page, '#paste > summary');
    await page.keyboard.press('Enter');
    await tabTo(page, '#text');
    await page.keyboard.insertText(receipt('verified').text);
    await tabTo(page, '#text-form button');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.${PASS}`);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'result-title');
    assert.equal(await page.innerText('[role=status]'), WORDS.en.verdict.verified);
    await tabTo(page, '#again');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'ways-title');
    await context.close();
  });
});

describe('whose receipts', () => {
  test('without a key nothing is checked; a pasted key serves until the page is closed', async () => {
    const server = await serve(site());
    const { page, context } = await visitor(browser, server);
    assert.ok((await page.innerText('#key')).includes(WORDS.en.key.none));
    await paste(page, receipt('verified').text);
    await page.waitForSelector('[data-code=operator_key_missing]');
    await page.fill('#key-text', readFileSync(file('operator.pub'), 'utf8'));
    await page.click('#key-form button');
    await page.waitForSelector(`.${PASS}`);
    assert.ok((await reading(page)).includes(WORDS.en.notice.own_key));
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    assert.ok((await page.innerText('#key')).includes(WORDS.en.key.none), 'nobody leaves a key behind');
    await context.close();
    await server.stop();
  });

  test('a stranger’s key refuses, the page’s own comes back', async () => {
    const { page, context } = await visitor(browser, plain);
    await page.click('#other-key > summary');
    await page.setInputFiles('#key-files', file('stranger.pub'));
    await page.waitForFunction((words) => document.getElementById('key').innerText.includes(words), WORDS.en.key.of_own);
    await paste(page, receipt('verified').text);
    await page.waitForSelector('[data-code=credential_signature]');
    await page.click('#key .button');
    await page.waitForSelector(`.${PASS}`);
    await context.close();
  });

  test('a list that the visitor opens counts', async () => {
    const { page, context } = await visitor(browser, plain);
    await page.click('#other-key > summary');
    await page.setInputFiles('#key-files', [file('revoked.list'), file('operator.pub')]);
    await page.waitForFunction((words) => document.getElementById('key').innerText.includes(words), 'number 1');
    await paste(page, receipt('revoked').text);
    await page.waitForSelector('[data-code=key_revoked]');
    await context.close();
  });

  test('a newer list beside the page counts at once; an older one afterwards is not gone by', async () => {
    const server = await serve(site(...operator, '--trust', file('first.list')));
    const { page, context } = await visitor(browser, server);
    await paste(page, receipt('verified').text);
    await page.waitForSelector('[data-code=key_not_listed]');
    server.replaced['trust.list'] = readFileSync(file('second.list'));
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    assert.ok((await page.innerText('#key')).includes('number 2'));
    await paste(page, receipt('verified').text);
    await page.waitForSelector(`.${PASS}`);
    delete server.replaced['trust.list'];
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    await paste(page, receipt('verified').text);
    await page.waitForSelector('[data-code=trust_list_rolled_back]');
    await context.close();
    await server.stop();
  });

  test('a result says how old the list is, and what is wrong with it', async () => {
    const one = receipt('overdue-list');
    const { page, context } = await visitor(browser, siteOf(one));
    await paste(page, one.text);
    assert.ok((await page.innerText('#key')).includes('20 days ago') || (await page.innerText('#key')).includes('2 weeks ago'));
    const read = await reading(page);
    assert.ok(read.includes(WORDS.en.notice.overdue) && read.includes(WORDS.en.notice.list_earlier));
    await context.close();
  });
});

describe('without a network, and with a bad one', () => {
  test('once loaded, the page works with the server gone, and says how old its list is', async () => {
    const server = await serve(site(...operator, '--trust', file('second.list')));
    const { page, context } = await visitor(browser, server);
    await page.waitForFunction((words) => document.getElementById('footer').innerText.includes(words), WORDS.en.footer.offline);
    await server.stop();
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    assert.ok((await page.innerText('#key')).includes('number 2, issued 1 hour ago'));
    await page.setInputFiles('#picture', file('verified.png'));
    await page.waitForSelector(`.${PASS}`);
    assert.ok(!(await reading(page)).includes(WORDS.en.notice.list_missing));
    await context.close();
  });

  test('a published list that cannot be had is missed aloud', async () => {
    const server = await serve(site(...operator, '--trust', file('second.list')));
    const context = await ownBrowser(browser);
    await context.route('**/trust.list', (route) => route.abort());
    const page = await context.newPage();
    await page.goto(`${server.origin}/#${receipt('verified').fragment}`);
    await page.waitForSelector('#result-title');
    assert.ok((await reading(page)).includes(WORDS.en.notice.list_missing));
    await context.close();
    await server.stop();
  });

  test('a published status list that cannot be had is missed aloud', async () => {
    const folder = site(...operator, '--status', file('valid.status'));
    rmSync(path.join(folder, 'valid.status'));
    const server = await serve(folder);
    const { page, context } = await visitor(browser, server);
    await paste(page, receipt('verified').text);
    for (const [language, table] of Object.entries(WORDS)) {
      await page.click(`[data-language=${language}]`);
      assert.ok((await reading(page)).includes(table.notice.status_missing), language);
      assert.ok((await page.innerText('#key')).includes(table.key.statuses_missing.replace('{}', '1')), language);
    }
    await context.close();
    await server.stop();
  });

  test('where only fresh lists count, nothing passes without the status list', async () => {
    const folder = site(...operator, '--trust', file('listed.list'), '--status', file('valid.status'), '--require-fresh');
    const server = await serve(folder);
    const first = await visitor(browser, server);
    await paste(first.page, receipt('verified').text);
    await first.page.waitForSelector(`.${PASS}`);
    await first.context.close();
    rmSync(path.join(folder, 'valid.status'));
    const { page, context } = await visitor(browser, server);
    for (const name of ['verified', 'plain']) {
      await paste(page, receipt(name).text);
      await page.waitForSelector('[data-code=status_list_missing]');
    }
    // What is refused anyway is refused.
    await paste(page, receipt('expired').text);
    await page.waitForSelector('[data-code=credential_not_valid_at_time]');
    await context.close();
    await server.stop();
  });

  test('a status list that is gone from the server is remembered: what it took back stays so', async () => {
    copyFileSync(file('status-invalid.status'), file('invalid.status'));
    const folder = site(...operator, '--status', file('invalid.status'));
    const server = await serve(folder);
    const { page, context } = await visitor(browser, server);
    await page.waitForFunction((words) => document.getElementById('footer').innerText.includes(words), WORDS.en.footer.offline);
    rmSync(path.join(folder, 'invalid.status'));
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    await paste(page, receipt('verified').text);
    await page.waitForSelector('[data-code=status_invalid]');
    await context.close();
    await server.stop();
  });

  test('a program or script that was changed on its way does not run', async () => {
    const server = await serve(site(...operator));
    const changed = Buffer.from(wasm());
    changed[changed.length - 1] ^= 1;
    server.replaced['verify.wasm'] = changed;
    const context = await ownBrowser(browser);
    const page = await context.newPage();
    await page.goto(server.origin);
    await page.waitForSelector('[data-code=program_missing]');
    for (const name of ['app.js', 'result.js', 'words-en.js']) {
      server.replaced = { [name]: `${readFileSync(new URL(`../site/${name}`, import.meta.url))}\nglobalThis.forged = true;` };
      const refused = page.waitForEvent('console', (message) => message.text().includes('integrity'));
      await page.goto(server.origin);
      await refused;
      await page.waitForLoadState('networkidle');
      assert.equal(await page.evaluate(() => globalThis.forged), undefined, name);
      assert.ok(await page.isVisible('#opening'), name);
    }
    await context.close();
    await server.stop();
  });

  test('nothing but the page’s own files is ever asked for', async () => {
    const server = await serve(site(...operator, '--trust', file('second.list')));
    const { page, context, outside, errors } = await visitor(browser, server, { permissions: ['camera'] });
    await page.click('#scan');
    await page.waitForSelector(`.${PASS}`);
    await paste(page, receipt('never-logged').text);
    await page.click('#again');
    await page.setInputFiles('#picture', file('verified.png'));
    await page.waitForSelector(`.${PASS}`);
    assert.deepEqual(outside, []);
    assert.deepEqual(errors, []);
    const { asked } = server;
    assert.ok(asked.every((line) => /^GET \/(index\.html|[a-z-]+\.(js|css|json|wasm|svg|webmanifest|list))? /.test(line)), asked.join('\n'));
    await context.close();
    await server.stop();
  });

  test('the page says which program it runs', async () => {
    const { page, context } = await visitor(browser, plain);
    assert.equal(await page.textContent('#digest'), createHash('sha256').update(wasm()).digest('hex'));
    await context.close();
  });
});

/** `green` if the verdict stands on green: what a glance from afar tells. */
async function colour(page) {
  const ground = await page.$eval('.verdict', (verdict) => getComputedStyle(verdict).backgroundColor);
  const [red, green, blue] = ground.match(/\d+/g).map(Number);
  const filled = !ground.startsWith('rgba') || !ground.endsWith(' 0)');
  return filled && green > red + 30 && green > blue + 20 ? 'green' : ground;
}

async function tabTo(page, selector) {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await page.$eval(selector, (element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${selector} cannot be reached with the Tab key`);
}
