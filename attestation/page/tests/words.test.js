// No code without words: the checking program lists its codes, and both tables are walked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngine } from '../site/engine.js';
import { WORDS } from '../site/words.js';
import { wasm } from './harness.js';

const engine = await startEngine(wasm());

const shape = (table) =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, typeof value === 'string' ? 'words' : shape(value)]));
const leaves = (table) => Object.values(table).flatMap((value) => (typeof value === 'string' ? [value] : leaves(value)));

test('both languages say the same things', () => {
  assert.deepEqual(shape(WORDS.zh), shape(WORDS.en));
  for (const [language, table] of Object.entries(WORDS)) {
    assert.ok(leaves(table).every((words) => words.trim().length > 0), language);
  }
});

test('every code of the program has words, and no words are left over', () => {
  const { version, refusal, unusable, decision, step, ...codes } = engine.vocabulary();
  assert.match(version, /^\d+\.\d+\.\d+/);
  for (const [language, table] of Object.entries(WORDS)) {
    assert.deepEqual(Object.keys(table.refusal).sort(), [...refusal].sort(), language);
    for (const code of refusal) assert.ok(leaves(table.refusal[code]).length === 3, `${language}: ${code}`);
    for (const code of unusable) assert.ok(table.unusable[code], `${language}: ${code}`);
    for (const code of decision) assert.ok(table.verdict[code] && table.verdict[`${code}_lead`], `${language}: ${code}`);
    for (const name of step) assert.ok(table.steps[name], `${language}: ${name}`);
    for (const [kind, values] of Object.entries(codes)) {
      assert.deepEqual(Object.keys(table[kind]).sort(), [...values].sort(), `${language}: ${kind}`);
    }
  }
});

test('no two refusals are told in the same words', () => {
  for (const [language, { refusal }] of Object.entries(WORDS)) {
    const titles = Object.values(refusal).map(({ title }) => title);
    assert.equal(new Set(titles).size, titles.length, language);
  }
});
