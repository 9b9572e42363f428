// What the page says: two tables of the same shape, one for each language. Tests walk both, and
// every code that the checking program can answer with.

import { en } from './words-en.js';
import { zh } from './words-zh.js';

export const WORDS = { zh, en };

let language = 'en';

/** Chooses the language of everything that is said from now on. */
export function speak(name) {
  language = name;
}

/** The language in use. */
export function spoken() {
  return language;
}

/** What stands at `path` in the table, with `{}` filled in, in order. */
export function word(path, ...values) {
  const found = path.split('.').reduce((table, name) => table?.[name], WORDS[language]);
  if (typeof found !== 'string') return found;
  return values.reduce((text, value) => text.replace('{}', () => value), found);
}
