// Times as the visitor's own calendar and clock say them.

import { word, spoken } from './words.js';

const UNITS = [['year', 31_557_600], ['month', 2_629_800], ['day', 86_400], ['hour', 3600], ['minute', 60]];

/** A time in full, in the visitor's time zone; what no calendar can say stays as it is. */
export function moment(text) {
  const date = new Date(typeof text === 'number' ? text * 1000 : text);
  if (Number.isNaN(date.getTime())) return String(text);
  const style = { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short', hourCycle: 'h23' };
  return new Intl.DateTimeFormat(locale(), style).format(date);
}

/** How long ago: `3 days ago`. */
export function ago(text, now = Date.now()) {
  const time = typeof text === 'number' ? text * 1000 : Date.parse(text);
  if (Number.isNaN(time)) return '';
  const seconds = Math.round((time - now) / 1000);
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['minute', 60];
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: spoken() === 'zh' ? 'always' : 'auto' });
  return format.format(Math.trunc(seconds / length), unit);
}

/** The visitor's own form of the language that is spoken: 2 November, or November 2. */
const locale = () => navigator.languages.find((tag) => tag.split('-')[0] === spoken()) ?? word('lang');
