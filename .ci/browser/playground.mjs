// Drives the playground in a real Chromium, against a running server with a demo account.
//
//   BASE_URL=http://127.0.0.1:8080 ADMIN_KEY=pg_... node playground.mjs
//
// Screenshots go to ARTIFACTS (default: artifacts, at the top of the repository); CHROMIUM names
// another browser than /usr/bin/chromium.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const base = required('BASE_URL').replace(/\/$/, '');
const key = required('ADMIN_KEY');
const artifacts = process.env.ARTIFACTS ?? fileURLToPath(new URL('../../artifacts', import.meta.url));
const wrongKey = 'pg_wrong_key_of_nobody';

const profilesQuery = '{ profiles(first: 5) { nodes { id firstName email meta { masked } } } }';
const schemaQuery = '{ schema(entity: "Profile") { version } }';
const sizes = { 1280: { width: 1280, height: 800 }, 390: { width: 390, height: 844 } };

function required(name) {
  if (process.env[name]) return process.env[name];
  console.error(`${name} is not set`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
async function check(name, test) {
  try {
    await test();
    passed++;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n     ${String(error.message ?? error).split('\n').slice(0, 12).join('\n     ')}`);
  }
}

/** Opens the page and records whatever it should not do. */
async function open(browser, size, colorScheme) {
  const context = await browser.newContext({ viewport: sizes[size], colorScheme, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const seen = { errors: [], violations: [], elsewhere: [], sent: [] };
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && seen.errors.push(`${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => seen.errors.push(String(e)));
  page.on('request', (r) => {
    const url = new URL(r.url());
    if (url.origin !== new URL(base).origin && url.protocol !== 'data:') seen.elsewhere.push(r.url());
    if (r.method() === 'POST') seen.sent.push(r);
  });
  await page.exposeFunction('reportViolation', (text) => seen.violations.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => window.reportViolation(`${e.violatedDirective}: ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
  });
  await page.goto(`${base}/playground`);
  return { page, seen, close: () => context.close() };
}

async function paste(page, text) {
  await page.evaluate((t) => navigator.clipboard.writeText(t), text);
  await page.getByPlaceholder('pg_…').focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('ControlOrMeta+v');
}

const connected = (page) => page.getByRole('status').filter({ hasText: 'Connected as' }).waitFor();
const editor = (page) => page.locator('.graphiql-query-editor .CodeMirror');

async function connect(page) {
  await paste(page, key);
  await connected(page);
  await editor(page).waitFor();
}

async function write(page, query) {
  await editor(page).locator('.CodeMirror-scroll').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(query);
}

/** Runs what the editor holds and returns the result pane's JSON. */
async function run(page) {
  const answer = page.waitForResponse((r) => r.request().method() === 'POST');
  await page.getByRole('button', { name: /Execute query/ }).click();
  await answer;
  const pane = page.locator('.graphiql-response .CodeMirror');
  await pane.getByText(/"(data|errors)"/).first().waitFor();
  return JSON.parse(await pane.evaluate((element) => element.CodeMirror.getValue()));
}

async function shot(page, name) {
  await page.mouse.move(0, 0);
  await page.waitForTimeout(250);
  await page.screenshot({ path: `${artifacts}/playground-${name}.png` });
}

const noSidewaysScroll = async (page) => assert.equal(
  await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, 'the page scrolls sideways');

const launch = { args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] };
await mkdir(artifacts, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', ...launch });
try {
  const { page, seen, close } = await open(browser, 1280, 'light');

  await check('/playground opens the page, which asks for the key', async () => {
    assert.equal(new URL(page.url()).pathname, '/playground/');
    await page.getByRole('heading', { name: 'Paste an API key to begin' }).waitFor();
    assert.equal(await page.getByRole('status').innerText(), 'Credential missing');
    assert.equal(await page.getByPlaceholder('pg_…').getAttribute('type'), 'password');
    assert.equal(seen.sent.length, 0, 'something was asked without a credential');
  });

  await check('the key connects and tells the account', async () => {
    await connect(page);
    assert.match(await page.getByRole('status').innerText(), /^Connected as \S+/);
  });

  await check('a query shows masked profiles', async () => {
    await write(page, profilesQuery);
    const { data, errors } = await run(page);
    assert.equal(errors, undefined);
    assert.ok(data.profiles.nodes.length > 0, 'no profiles');
    await page.locator('.graphiql-response').getByText('***').first().waitFor();
    for (const node of data.profiles.nodes) {
      if (node.email !== null) assert.match(node.email, /\*/);
      assert.ok(node.meta.masked.length > 0, 'meta.masked is empty');
    }
  });

  await check('a broken query is answered in words', async () => {
    await write(page, '{ noSuchField }');
    const { errors } = await run(page);
    assert.ok(errors[0].message.length > 10);
  });

  await check('the docs explorer shows the schema', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-plugin');
    await docs.getByText('Query', { exact: true }).first().click();
    await docs.getByText('profiles', { exact: true }).first().waitFor();
    await shot(page, '1280-light-docs');
    await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();
  });

  await check('a dialog opens and closes', async () => {
    await page.getByRole('button', { name: 'Open short keys dialog' }).click();
    await page.getByRole('dialog').getByText('Execute query').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  for (const label of ['List profiles', 'Find one by', 'Create a profile']) {
    await check(`starter: ${label}`, async () => {
      const before = await page.getByRole('tab').count();
      await page.getByRole('button', { name: 'Starters' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: label }).first().click();
      await page.waitForFunction((n) => document.querySelectorAll('[role=tab]').length !== n, before);
      const result = await page.locator('.graphiql-query-editor .CodeMirror').evaluate((e) => e.CodeMirror.getValue());
      assert.match(result, /^(query|mutation) \w+/);
      if (label.startsWith('List')) assert.equal((await run(page)).errors, undefined);
      else {
        const variables = page.locator('.graphiql-editor-tool .CodeMirror').first();
        JSON.parse(await variables.evaluate((e) => e.CodeMirror.getValue()));
      }
      await editor(page).locator('.CodeMirror-lint-mark-error').waitFor({ state: 'detached' });
    });
  }

  await check('the control plane answers', async () => {
    await page.getByRole('radio', { name: 'Control' }).check();
    await connected(page);
    await editor(page).waitFor();
    await page.getByRole('button', { name: 'Starters' }).click();
    for (const label of ['Show the Profile schema', 'History of the Profile schema', 'Publish a custom field']) {
      await page.getByRole('menuitem', { name: label }).waitFor();
    }
    await page.keyboard.press('Escape');
    await write(page, schemaQuery);
    const { data, errors } = await run(page);
    assert.equal(errors, undefined);
    assert.ok(Number.isInteger(data.schema.version));
    await shot(page, '1280-light-control');
  });

  await check('the data plane keeps its tabs, and its schema can be reloaded', async () => {
    await page.getByRole('radio', { name: 'Data' }).check();
    await connected(page);
    await editor(page).waitFor();
    assert.ok(await page.getByRole('tab').count() >= 4, 'tabs were lost');
    const answer = page.waitForResponse((r) => r.request().postData()?.includes('IntrospectionQuery'));
    await page.getByRole('button', { name: 'Reload schema' }).click();
    assert.equal((await answer).status(), 200);
    await connected(page);
  });

  await check('a key that is refused later is told beside the queries, and can be forgotten', async () => {
    const later = await open(browser, 1280, 'light');
    await connect(later.page);
    await later.page.route('**/graphql', (route) => route.fulfill({ status: 401, json: { errors: [{ message: 'no' }] } }));
    await later.page.getByRole('button', { name: 'Reload schema' }).click();
    await later.page.getByRole('alert').getByText('The server refused this API key.').waitFor();
    assert.ok(await editor(later.page).isVisible(), 'the queries are gone');
    await later.page.getByRole('button', { name: 'Forget' }).click();
    await later.page.getByRole('heading', { name: 'Paste an API key to begin' }).waitFor();
    assert.equal(await later.page.getByPlaceholder('pg_…').inputValue(), '');
    await later.close();
  });

  await check('every request is a JSON POST with the key as a bearer and no cookies', async () => {
    assert.ok(seen.sent.length > 4);
    for (const request of seen.sent) {
      const headers = await request.allHeaders();
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers.authorization, `Bearer ${key}`);
      assert.equal(headers.cookie, undefined);
    }
  });

  await check('nothing is left in storage, cookies or the address', async () => {
    const kept = await page.evaluate(async () => JSON.stringify({
      local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie, history: history.state,
      databases: (await indexedDB.databases()).map((d) => d.name), caches: await caches.keys(),
    }));
    for (const secret of [key, 'profiles', 'schema(']) {
      assert.ok(!kept.includes(secret), 'the key or a query was stored');
      assert.ok(!decodeURIComponent(page.url()).includes(secret), 'the key or a query is in the address');
    }
    assert.equal(kept, JSON.stringify({ local: {}, session: {}, cookie: '', history: null, databases: [], caches: [] }));
  });

  await check('a reload of the page forgets the key', async () => {
    await page.reload();
    await page.getByRole('heading', { name: 'Paste an API key to begin' }).waitFor();
    assert.equal(await page.getByPlaceholder('pg_…').inputValue(), '');
  });

  const quiet = async (recorded) => {
    assert.deepEqual(recorded.violations, [], 'violations of the content security policy');
    assert.deepEqual(recorded.errors, [], 'errors in the console');
    assert.deepEqual(recorded.elsewhere, [], 'requests to other origins');
  };
  await check('no console errors, policy violations or requests elsewhere', () => quiet(seen));
  await close();

  await check('a wrong key is refused in words', async () => {
    const wrong = await open(browser, 1280, 'light');
    await paste(wrong.page, wrongKey);
    await wrong.page.getByRole('heading', { name: 'The key was refused' }).waitFor();
    assert.match(await wrong.page.getByRole('alert').innerText(), /refused this API key/);
    assert.equal(await wrong.page.getByRole('status').innerText(), 'Refused');
    await shot(wrong.page, '1280-light-refused');
    assert.deepEqual(wrong.seen.violations, []);
    await wrong.close();
  });

  await check('an unreachable server is told in words', async () => {
    const cut = await open(browser, 1280, 'light');
    await cut.page.route('**/graphql', (route) => route.abort());
    await paste(cut.page, key);
    await cut.page.getByText('The server cannot be reached').first().waitFor();
    await cut.close();
  });

  await check('the keyboard alone reaches the key, connects and runs', async () => {
    const keys = await open(browser, 1280, 'light');
    const field = keys.page.getByPlaceholder('pg_…');
    for (let i = 0; i < 10 && !(await field.evaluate((f) => f === document.activeElement)); i++) await keys.page.keyboard.press('Tab');
    await keys.page.keyboard.insertText(key);
    await keys.page.keyboard.press('Enter');
    await connected(keys.page);
    await editor(keys.page).waitFor();
    await editor(keys.page).evaluate((e) => e.CodeMirror.focus());
    const answer = keys.page.waitForResponse((r) => new URL(r.url()).pathname === '/graphql' && !(r.request().postData() ?? '').includes('__schema'));
    await keys.page.keyboard.press('Control+Enter');
    assert.equal((await answer).status(), 200);
    await keys.close();
  });

  for (const size of Object.keys(sizes)) {
    for (const scheme of ['light', 'dark']) {
      await check(`${size} pixels, ${scheme}`, async () => {
        const view = await open(browser, size, scheme);
        await view.page.getByRole('heading', { name: 'Paste an API key to begin' }).waitFor();
        await noSidewaysScroll(view.page);
        await shot(view.page, `${size}-${scheme}-empty`);
        await connect(view.page);
        await write(view.page, profilesQuery);
        await view.page.getByRole('button', { name: /^Prettify/ }).click();
        await run(view.page);
        await noSidewaysScroll(view.page);
        await shot(view.page, `${size}-${scheme}-result`);
        await view.page.getByRole('button', { name: 'Starters' }).click();
        await view.page.getByRole('menuitem').first().waitFor();
        await shot(view.page, `${size}-${scheme}-starters`);
        await view.page.getByRole('menuitem', { name: 'Create a profile' }).click();
        await view.page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
        await view.page.locator('.graphiql-plugin').getByText('Query', { exact: true }).first().waitFor();
        await noSidewaysScroll(view.page);
        await shot(view.page, `${size}-${scheme}-docs`);
        await quiet(view.seen);
        await view.close();
      });
    }
  }
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
