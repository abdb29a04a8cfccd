// What the tests of the console share: a server, people with roles, and pages that are watched.
import assert from 'node:assert/strict';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const required = (name) => {
  if (process.env[name]) return process.env[name];
  console.error(`${name} is not set`);
  process.exit(2);
};

export const base = required('BASE_URL').replace(/\/$/, '');
export const adminKey = required('ADMIN_KEY');
export const artifacts = process.env.ARTIFACTS ?? fileURLToPath(new URL('../../../artifacts', import.meta.url));
export const sizes = {
  1280: { width: 1280, height: 800 },
  320: { width: 320, height: 640 },
};
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let passed = 0;
const failures = [];

/** Runs one check. A later one goes on after it has failed. */
export async function check(name, test) {
  try {
    await test();
    passed++;
    console.log(`ok   ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(
      `FAIL ${name}\n     ${String(error.stack ?? error)
        .split('\n')
        .slice(0, 14)
        .join('\n     ')}`,
    );
  }
}

export function summary() {
  console.log(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0;
}

export async function launch() {
  await mkdir(artifacts, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

async function post(path, key, query, variables) {
  const response = await fetch(`${base}${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${key}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(`${path}: ${JSON.stringify(errors)}`);
  return data;
}

export const control = (query, variables, key = adminKey) => post('/control/graphql', key, query, variables);
export const data = (query, variables, key = adminKey) => post('/graphql', key, query, variables);

/** A new API key with roles. */
export async function keyFor(name, roles, subject) {
  const { createApiKey } = await control(
    'mutation($name: String!, $roles: [String!]!, $subject: ID) { createApiKey(name: $name, roles: $roles, subject: $subject) { secret apiKey { id } } }',
    { name, roles, subject },
  );
  return {
    secret: createApiKey.secret,
    id: createApiKey.apiKey.id,
    actor: `key:${createApiKey.apiKey.id}`,
  };
}

/** Deletes the shopper that a run before has left. */
export async function forget(email) {
  const { profile } = await data('query($e: EmailAddress!) { profile(by: {email: $e}) { id } }', { e: email });
  if (profile)
    await data('mutation($id: ID!) { deleteProfile(id: $id) }', {
      id: profile.id,
    });
}

/** A shopper of the tests' own. */
export async function newShopper(input) {
  await forget(input.email);
  const { createProfile } = await data('mutation($in: ProfileInput!) { createProfile(input: $in) { id } }', {
    in: input,
  });
  return createProfile.id;
}

/**
 * Opens the console in a browser of its own and records what it should not do. With a key it is signed in.
 * `tolerate` is a pattern of console messages that the test provokes; `at` is another server, and `beside` another
 * origin that the browser is meant to visit.
 */
export async function open(
  browser,
  {
    key,
    path = '/',
    size = 1280,
    scheme = 'light',
    locale = 'en',
    tolerate,
    at = base,
    beside,
    permissions = ['clipboard-read', 'clipboard-write'],
  } = {},
) {
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme: scheme,
    locale,
    permissions,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const seen = { errors: [], violations: [], elsewhere: [], urls: [] };
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type()) && !tolerate?.test(m.text()))
      seen.errors.push(`${m.type()}: ${m.text()} ${m.location().url}`);
  });
  page.on('pageerror', (e) => seen.errors.push(String(e)));
  page.on('request', (r) => {
    const url = new URL(r.url());
    seen.urls.push(r.url());
    if (![new URL(at).origin, beside].includes(url.origin) && !['data:', 'blob:'].includes(url.protocol))
      seen.elsewhere.push(r.url());
  });
  page.on('framenavigated', (frame) => seen.urls.push(frame.url()));
  await page.exposeFunction('reportViolation', (text) => seen.violations.push(text));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (e) =>
      window.reportViolation(`${e.violatedDirective}: ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`),
    ),
  );
  if (key) {
    const answer = await context.request.post(`${at}/console/session`, {
      data: { key },
      headers: { 'Sec-Fetch-Site': 'same-origin' },
    });
    assert.equal(answer.status(), 204, 'the session does not begin');
  }
  await page.goto(`${at}/console${path}`);
  return { page, context, seen, close: () => context.close() };
}

/** Nothing was done that should not be: no errors in the console, no broken policy, nothing from elsewhere. */
export function quiet({ seen }) {
  assert.deepEqual(seen.violations, [], 'violations of the content security policy');
  assert.deepEqual(seen.errors, [], 'errors in the console');
  assert.deepEqual(seen.elsewhere, [], 'requests to other origins');
}

/** None of the values is in an address, in storage or, unless said otherwise, in the document. */
export async function nowhere({ page, seen }, values, { dom = true } = {}) {
  const kept = await page.evaluate(async () =>
    JSON.stringify({
      local: { ...localStorage },
      session: { ...sessionStorage },
      cookie: document.cookie,
      history: history.state,
      databases: (await indexedDB.databases()).map((d) => d.name),
      caches: await caches.keys(),
    }),
  );
  const html = await page.evaluate(
    () =>
      document.documentElement.outerHTML +
      [...document.querySelectorAll('input, textarea')].map((e) => e.value).join('\n'),
  );
  for (const value of values) {
    assert.ok(!kept.includes(value), `a value is kept in the browser: ${kept}`);
    for (const url of seen.urls) assert.ok(!decodeURIComponent(url).includes(value), 'a value is in an address');
    if (dom) assert.ok(!html.includes(value), 'a value is in the page');
  }
}

/**
 * WCAG 2.2 AA, as far as axe can tell. `but` names rules that hold for everything except what matches a selector:
 * parts that are not ours to mend.
 */
export async function accessible(page, where, but = {}) {
  // The page's policy takes no script from elsewhere; axe comes in through the debugger's door.
  await page.evaluate(axe);
  const violations = await page.evaluate(async (but) => {
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    const ours = (rule) => (node) => !(but[rule] && document.querySelector(node.target.at(-1))?.matches(but[rule]));
    return violations.map((v) => ({ ...v, nodes: v.nodes.filter(ours(v.id)) })).filter((v) => v.nodes.length > 0);
  }, but);
  const found = violations.map(
    (v) =>
      `${v.id}: ${v.help}: ${v.nodes
        .slice(0, 3)
        .map((n) => `${n.target} ${n.failureSummary?.split('\n')[1] ?? ''}`)
        .join(' | ')}`,
  );
  assert.deepEqual(found, [], `accessibility of ${where}`);
}

export async function noSidewaysScroll(page) {
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    0,
    'the page scrolls sideways',
  );
}

/** Waits until nothing loads any more. */
export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector('.loading, .spin'));
  await page.evaluate(() => document.fonts.ready);
}

export async function shot(page, name, options = {}) {
  await page.mouse.move(0, 0);
  await settled(page);
  await page.screenshot({
    path: `${artifacts}/console-${name}.png`,
    ...options,
  });
}

/** With PICTURES set, a picture for docs/console.md. */
export async function picture(page, name) {
  if (!process.env.PICTURES) return;
  const path = fileURLToPath(new URL(`../../../docs/console/${name}.png`, import.meta.url));
  await page.setViewportSize({ width: 1180, height: 720 });
  await page.mouse.move(0, 0);
  await settled(page);
  await page.screenshot({ path });
  await page.setViewportSize(sizes[1280]);
  assert.ok((await stat(path)).size < 120_000, `${name}.png is too large`);
}

export const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
export { assert };
