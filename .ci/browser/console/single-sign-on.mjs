// Signing in with an OpenID Connect provider: a server and a provider of the tests' own, on two sites.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessible, assert, check, heading, nowhere, open, quiet, shot } from './lib.mjs';
import { client, listen } from './provider.mjs';

/** Starts the program and returns where it listens. */
async function serve(program, folder, ...options) {
  const child = spawn(program, ['--listen', '127.0.0.1:0', ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  const base = await new Promise((found, failed) => {
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      const at = /Console +(http:.*)\/console/.exec(out);
      if (at) found(at[1]);
    });
    child.once('error', failed);
    child.once('exit', () => failed(new Error('the program does not start')));
  });
  const stop = () => {
    child.kill();
    return ended;
  };
  return { base, stop };
}

/** An address at which nobody answers. */
async function nobody() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, 'localhost', ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return `http://localhost:${port}`;
}

const menu = (page) => page.getByRole('navigation', { name: 'Main' });
const staff = (page) => page.getByRole('link', { name: 'Sign in with Staff' });

/** Says who one is, on the provider's page. */
async function enter(page, name) {
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Enter' }).click();
}

export async function singleSignOn(browser) {
  const program = process.env.PROGRAM;
  if (!program) return;
  const folder = await mkdtemp(join(tmpdir(), 'profilegraph-'));
  const provider = await listen();
  const common = { audience: [client.id], account: { value: 'main' }, roles: { claim: 'groups' } };
  const named = (label) => ({
    clientId: client.id,
    scopes: ['groups'],
    clientSecretFile: join(folder, 'secret'),
    label,
  });
  await writeFile(join(folder, 'secret'), client.secret);
  await writeFile(
    join(folder, 'auth.json'),
    JSON.stringify({
      providers: [
        { ...common, issuer: provider.issuer, roleNames: { desk: 'reader', lead: 'admin' }, console: named('Staff') },
        { ...common, issuer: await nobody(), console: named('Away') },
      ],
    }),
  );
  const server = await serve(program, folder, '--auth-config', 'auth.json');
  const people = { ana: ['desk'], bruno: ['lead'], clara: ['visitors'] };
  provider.open({ people, callback: `${server.base}/console/callback` });
  const visit = (options) => open(browser, { at: server.base, beside: provider.issuer, ...options });

  await check(
    'identity provider: code and PKCE; the session is a strict cookie, and one is back where one was',
    async () => {
      const view = await visit({ path: '/audit?action=SignIn' });
      const { page, context } = view;
      await staff(page).waitFor();
      await accessible(page, 'signing in with an identity provider');
      await shot(page, '1280-light-sign-in-provider');
      await staff(page).click();
      await enter(page, 'bruno');
      await heading(page, 'Audit');
      assert.equal(page.url(), `${server.base}/console/audit?action=SignIn`);
      await page.locator('.entry, tbody tr').first().waitFor();

      const asked = provider.asked[0];
      assert.equal(asked.response_type, 'code');
      assert.equal(asked.code_challenge_method, 'S256');
      assert.ok(asked.code_challenge.length === 43 && asked.state.length >= 43 && asked.nonce.length >= 43);
      assert.equal(asked.prompt, undefined);

      const cookies = await context.cookies(server.base);
      const ours = cookies.filter((c) => c.name.startsWith('__Host-'));
      assert.deepEqual(
        ours.map((c) => [c.name, c.httpOnly, c.secure, c.sameSite, c.path]),
        [['__Host-profilegraph', true, true, 'Strict', '/']],
      );
      const code = new URL(view.seen.urls.find((u) => u.includes('/console/callback?'))).searchParams.get('code');
      assert.ok(code, 'the provider gave no code');
      await nowhere({ page, seen: { urls: [page.url()] } }, [code, client.secret, ours[0].value]);

      await page.goto(`${server.base}/console/api-keys`);
      await page.getByRole('row').filter({ hasText: provider.issuer }).getByText('admin').waitFor();
      quiet(view);
      await view.close();
    },
  );

  await check('identity provider: roles count; signing out ends the session, and lets somebody else in', async () => {
    const view = await visit({});
    const { page, context } = view;
    await staff(page).click();
    await enter(page, 'ana');
    await menu(page).getByRole('link', { name: 'Shoppers' }).waitFor();
    for (const closed of ['Audit', 'API keys', 'Encryption keys', 'Purposes'])
      assert.equal(await menu(page).getByRole('link', { name: closed }).count(), 0, `${closed} is offered to a reader`);
    const refused = await page.evaluate(async () => {
      const response = await fetch('/control/graphql', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ query: '{ apiKeys { id } }' }),
      });
      return (await response.json()).errors[0].extensions.code;
    });
    assert.equal(refused, 'FORBIDDEN');

    const [session] = (await context.cookies(server.base)).filter((c) => c.name === '__Host-profilegraph');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'Sign in');
    const after = await context.request.get(`${server.base}/console/session`, {
      headers: { Cookie: `${session.name}=${session.value}`, 'Sec-Fetch-Site': 'same-origin' },
    });
    assert.equal(after.status(), 401, 'the session is still good');

    // The provider still knows ana, and asks all the same who it is.
    await staff(page).click();
    await enter(page, 'bruno');
    await menu(page).getByRole('link', { name: 'API keys' }).waitFor();
    assert.equal(provider.asked.at(-1).prompt, 'login');
    quiet(view);
    await view.close();
  });

  await check('identity provider: a person without a role, or who gives up, is told, and can try again', async () => {
    const view = await visit({});
    const { page, context } = view;
    const alert = page.getByRole('alert');
    await staff(page).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await alert.getByText('The identity provider did not confirm who you are').waitFor();

    await staff(page).click();
    await enter(page, 'clara');
    await alert.getByText('you have no role here').waitFor();
    assert.equal(page.url(), `${server.base}/console/`);
    assert.deepEqual(
      (await context.cookies(server.base)).filter((c) => c.name.startsWith('__Host-')),
      [],
    );
    await accessible(page, 'a refused sign-in');
    await shot(page, '1280-light-sign-in-refused');

    await staff(page).click();
    await enter(page, 'ana');
    await menu(page).waitFor();
    quiet(view);
    await view.close();
  });

  await check('identity provider: one that is away is told; an answer that nobody waits for is refused', async () => {
    const view = await visit({});
    const { page } = view;
    const alert = page.getByRole('alert');
    await page.getByRole('link', { name: 'Sign in with Away' }).click();
    await alert.getByText('The identity provider cannot be reached').waitFor();
    await page.goto(`${server.base}/console/callback?code=stolen&state=guessed`);
    await alert.getByText('The identity provider did not confirm who you are').waitFor();
    quiet(view);
    await view.close();
  });

  await server.stop();
  provider.close();
  await rm(folder, { recursive: true });
}
