// Keeps the page for when there is no network. The files of one build belong together: they are
// fetched once, each by its digest, and come from here until a new build is complete. Only the
// lists are asked for anew each time; offline, or where the server has none, the last ones answer
// and the page says their age.

const BUILD = '{{build}}';
const FILES = {{files}};
const LISTS = {{lists}};
/** Caches belong to the whole origin, where other pages may have theirs. */
const OURS = `verify-page ${self.registration.scope} `;
const FILES_CACHE = OURS + BUILD;
const LISTS_CACHE = `${OURS}lists`;

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(takeOver()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  const scope = new URL(self.registration.scope).pathname;
  const name = url.pathname.slice(scope.length) || 'index.html';
  if (LISTS.includes(name)) event.respondWith(newest(request));
  else if (name in FILES) event.respondWith(kept(name, request));
});

async function keep() {
  const cache = await caches.open(FILES_CACHE);
  const asked = Object.entries(FILES).map(([name, integrity]) => new Request(name, { integrity, cache: 'no-cache' }));
  await cache.addAll(asked);
  // The lists that the page loaded before this worker was there.
  await Promise.all(LISTS.map((name) => newest(new Request(name)).catch(() => null)));
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter(isOld).map((name) => caches.delete(name)));
  await self.clients.claim();
}

const isOld = (name) => name.startsWith(OURS) && name !== FILES_CACHE && name !== LISTS_CACHE;

async function kept(name, request) {
  const cache = await caches.open(FILES_CACHE);
  return (await cache.match(name)) ?? fetch(request);
}

async function newest(request) {
  const cache = await caches.open(LISTS_CACHE);
  const response = await fetch(request, { cache: 'no-cache' }).catch(() => null);
  if (!response?.ok) return (await cache.match(request.url)) ?? response ?? Response.error();
  await cache.put(request.url, response.clone());
  return response;
}
