// An answer as a visitor sees it. Three things never look alike: a genuine receipt that says
// "verified" (filled green), a genuine receipt that says something else (outlined, never green),
// and a receipt that is refused (filled red). Each also has its own sign and words.

import { h, icon } from './dom.js';
import { ago, moment } from './times.js';
import { spoken, word } from './words.js';

const OUTCOMES = {
  verified: { look: 'verified', sign: 'check' },
  not_verified: { look: 'not-verified', sign: 'person-x' },
  referred: { look: 'referred', sign: 'officer' },
};
const STEP_SIGNS = { passed: 'check', failed: 'cross', not_reached: 'dash', not_asked: 'dash' };

/** Draws an answer; `trust` is what it was checked by. Gives its look and its elements. */
export function draw(answer, trust) {
  if (answer.kind === 'accepted') return accepted(answer, trust);
  const unread = answer.steps?.[0].state === 'failed';
  return answer.kind === 'refused' && !unread ? refused(answer) : nothingChecked(answer);
}

function accepted(answer, trust) {
  const { claims } = answer;
  const { look, sign } = OUTCOMES[claims.decision];
  const passed = claims.decision === 'verified';
  const reason = claims.reason && word(`reason.${claims.reason}`);
  const verdict = banner(sign, word(`verdict.${claims.decision}`), [
    reason && h('p', { class: 'reason' }, reason),
    h('p', {}, word(`verdict.${claims.decision}_lead`)),
  ]);
  return {
    look,
    parts: [
      verdict,
      passed && h('p', { class: 'genuine' }, icon('shield'), word('verdict.genuine')),
      notices(answer, trust),
      facts(answer, trust),
      passed && h('p', { class: 'bearer' }, icon('info'), h('span', {}, bearer(answer))),
      steps(answer, false),
      technical(answer),
    ],
  };
}

function refused(answer) {
  return {
    look: 'refused',
    parts: [
      banner('stop', word('verdict.refused'), [h('p', {}, word('verdict.refused_lead'))]),
      explanation(word(`refusal.${answer.code}`)),
      steps(answer, true),
      program(answer),
    ],
  };
}

/** No receipt, a damaged one, no key, no camera: nothing is known, so it is neither red nor green. */
function nothingChecked(answer) {
  const words = word(`refusal.${answer.code}`) ?? word(`unusable.${answer.code}`);
  const title = answer.kind === 'refused' ? 'verdict.unread' : 'verdict.unusable';
  return {
    look: 'unknown',
    parts: [banner('question', word(title), []), explanation(words), program(answer)],
  };
}

const banner = (sign, title, lines) =>
  h('div', { class: 'verdict' },
    h('span', { class: 'sign' }, icon(sign)),
    h('div', {}, h('h1', { id: 'result-title', tabindex: '-1' }, title), lines));

const explanation = ({ title, why, todo }) =>
  h('div', { class: 'explanation' }, h('h2', {}, title), h('p', {}, why), h('p', { class: 'todo' }, todo));

/** Who may show it: a receipt proves what happened, not who brings it. */
const bearer = ({ holder }) => (holder ? word(`holder.${holder}`) : word('verdict.bearer'));

function facts({ claims, trust: key, status, fields }, trust) {
  const names = trust.services[claims.service]?.[spoken()];
  const service = names ? [names, h('small', {}, claims.service)] : claims.service;
  const document = claims.document
    ? ['kind', 'validity', 'authenticity'].map((part) => word(`document_${part}.${claims.document[part]}`))
    : [word('facts.no_document')];
  const join = spoken() === 'zh' ? '，' : ', ';
  return h('div', { class: 'facts' },
    h('h2', {}, word('facts.title')),
    list([
      ['time', [h('time', { datetime: claims.issued_at }, moment(claims.issued_at)), h('strong', { class: 'ago' }, ago(claims.issued_at)), h('small', {}, word(`time_quality.${claims.time_quality}`))]],
      ['service', service],
      ['site', claims.site],
      ['kiosk', claims.kiosk],
      ['document', document.join(join)],
      ['liveness', word(`factor.${claims.factors.liveness}`)],
      ['face', word(`factor.${claims.factors.face}`)],
      claims.officer && ['officer', claims.officer],
      key && ['key', [word(`key_state.${key.state}`), h('small', {}, word('key.list', key.sequence, ago(key.issued_at)))]],
      status && ['status', [word('facts.valid'), h('small', {}, word('facts.status_list', ago(status.issued_at)))]],
      ['number', h('span', { class: 'number' }, number(claims.id))],
      ...shownFields(claims, fields ?? {}),
    ], 'facts'));
}

/** Card fields that the holder shows, and how many more there are. */
function shownFields({ disclosable }, fields) {
  const shown = Object.entries(fields).map(([name, value]) => [`field.${name}`, value]);
  const withheld = disclosable.length - shown.length;
  if (withheld > 0) shown.push(['facts.withheld', word('facts.withheld_count', withheld)]);
  return shown;
}

/** The number as the kiosk's screen shows it. */
const number = (id) => `${id.slice(0, 4)}-${id.slice(4, 8)}`.toUpperCase();

function notices(answer, trust) {
  const { trust: key, status, claims, form } = answer;
  const earlier = (list) => list && Date.parse(list.issued_at) < Date.parse(claims.issued_at);
  const found = [
    form !== 'full' && form,
    trust.isOwn && 'own_key',
    claims.time_quality === 'unsynchronised' && 'unsynchronised',
    !key && (trust.listMissing ? 'list_missing' : 'no_list'),
    key?.overdue === true && 'overdue',
    key?.overdue === null && 'list_future',
    earlier(key) && 'list_earlier',
    trust.mayMiss(answer)
      ? 'status_missing'
      : !status && form !== 'plain' && trust.statuses.length > 0 && 'no_status',
    status?.overdue === true && 'status_overdue',
    earlier(status) && 'status_earlier',
  ];
  const lines = found.filter(Boolean).map((name) => word(`notice.${name}`));
  if (key?.state_from) lines.push(word('notice.key_ended', moment(key.state_from)));
  if (lines.length === 0) return null;
  return h('ul', { class: 'notices' }, lines.map((line) => h('li', {}, icon('warn'), h('span', {}, line))));
}

function steps(answer, open) {
  const row = ({ name, state }) =>
    h('li', { class: `step step--${state}` },
      h('span', { class: 'step-sign' }, icon(STEP_SIGNS[state])),
      h('span', {}, word(`steps.${name}`), h('em', {}, word(`steps.${state}`))));
  return h('details', { class: 'steps', open },
    h('summary', {}, word('steps.title')),
    h('ol', {}, answer.steps.map(row)));
}

function technical(answer) {
  const { claims, credential, log, trust, form } = answer;
  const code = (text) => h('code', {}, text);
  return h('details', { class: 'technical' },
    h('summary', {}, word('technical.title')),
    list([
      ['identifier', code(claims.id)],
      claims.subject && ['subject', code(claims.subject)],
      ['form', word(`form.${form}`)],
      log && ['log', [log.origin && code(log.origin), word('technical.place', log.index), log.size && h('small', {}, word('technical.entries', log.size))].filter(Boolean)],
      log?.root && ['root', [code(log.root), log.start > 0 && h('small', {}, word('technical.from', log.start))].filter(Boolean)],
      ['device', [code(credential?.device ?? answer.device), trust && word(`key_state.${trust.state}`)].filter(Boolean)],
      credential && ['credential', word('technical.until', moment(credential.not_before), moment(credential.not_after))],
      ['firmware', claims.firmware],
      ['models', code(claims.models)],
      ['policy', code(claims.policy)],
    ], 'technical'));
}

const program = (answer) =>
  h('details', { class: 'technical' },
    h('summary', {}, word('technical.title')),
    list([
      ['code', h('code', {}, answer.code)],
      answer.message && ['message', h('span', { lang: 'en' }, answer.message)],
    ], 'technical'));

const list = (rows, table) =>
  h('dl', {}, rows.filter(Boolean).map(([name, value]) =>
    h('div', {}, h('dt', {}, word(name.includes('.') ? name : `${table}.${name}`)), h('dd', {}, value))));
