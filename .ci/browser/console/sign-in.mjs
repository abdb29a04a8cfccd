// Signing in and out, what a session is worth, and what each role finds.
import {
  accessible,
  adminKey,
  assert,
  base,
  check,
  control,
  heading,
  keyFor,
  nowhere,
  open,
  quiet,
  shot,
} from './lib.mjs';

export async function signIn(browser) {
  await check('signing in: the page asks for a key and asks the server nothing else', async () => {
    const view = await open(browser);
    await heading(view.page, 'Sign in');
    assert.ok(
      view.seen.urls.every((u) => !u.includes('graphql')),
      'something was asked without a session',
    );
    await accessible(view.page, 'the sign-in page');
    await shot(view.page, '1280-light-sign-in');
    quiet(view);
    await view.close();
  });

  await check('signing in: a wrong key is refused in words, and says what to do', async () => {
    const view = await open(browser, { tolerate: /401/ });
    await view.page.getByLabel('API key').fill('pg_wrong_key_of_nobody');
    await view.page.getByRole('button', { name: 'Sign in' }).click();
    const alert = view.page.getByRole('alert');
    await alert.getByText('The credential was refused').waitFor();
    await alert.getByText('Check that it was copied whole').waitFor();
    quiet(view);
    await view.close();
  });

  await check('a session that ends while nothing is done is noticed', async () => {
    const desk = await keyFor('Idle desk', ['reader']);
    const view = await open(browser, { key: desk.secret, path: '/shoppers' });
    await heading(view.page, 'Shoppers');
    await view.page.clock.install();
    await view.page.reload();
    await heading(view.page, 'Shoppers');
    await view.page.waitForLoadState('networkidle'); // what the page asks for at first has been answered
    await view.context.clearCookies();
    await view.page.clock.fastForward(61_000);
    await view.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    quiet(view);
    await view.close();
  });

  await check('signing in with the keyboard; the key is kept nowhere; signing out ends the session', async () => {
    const view = await open(browser);
    const { page, context } = view;
    await heading(page, 'Sign in');
    await page.keyboard.type(adminKey);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const [cookie, ...others] = await context.cookies();
    assert.deepEqual(others, []);
    assert.equal(cookie.name, '__Host-profilegraph');
    assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Strict' && cookie.path === '/');
    await nowhere(view, [adminKey, cookie.value]);
    await accessible(page, 'the overview');
    await page.reload();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'Sign in');
    assert.deepEqual(await context.cookies(), []);
    const after = await context.request.post(`${base}/graphql`, {
      data: { query: '{ __typename }' },
      headers: { Cookie: `${cookie.name}=${cookie.value}` },
    });
    assert.equal(after.status(), 401, 'the session is still good');
    quiet(view);
    await view.close();
  });

  await check('a session that ends asks to sign in again, and keeps what was typed', async () => {
    const desk = await keyFor('Desk', ['editor']);
    const view = await open(browser, {
      key: desk.secret,
      path: '/shoppers/Profile/new',
      tolerate: /401/,
    });
    const { page, context } = view;
    await page.getByLabel('First name').fill('Unsaved');
    await context.clearCookies();
    await page.getByLabel('Email').fill('unsaved@example.com');
    await page.getByRole('button', { name: 'Create Profile' }).click();
    const dialog = page.getByRole('dialog', {
      name: 'Your session has ended',
    });
    await dialog.waitFor();
    await accessible(page, 'signing in again');
    await dialog.getByLabel('API key').fill(desk.secret);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await page.getByLabel('First name').inputValue(), 'Unsaved');
    quiet(view);
    await view.close();
  });

  await check('a revoked key ends its sessions', async () => {
    const desk = await keyFor('Leaving', ['reader']);
    const view = await open(browser, {
      key: desk.secret,
      path: '/shoppers',
      tolerate: /401/,
    });
    await heading(view.page, 'Shoppers');
    await control('mutation($id: ID!) { revokeApiKey(id: $id) { id } }', {
      id: desk.id,
    });
    await view.page.waitForTimeout(2500); // as long as a revoked key may still be known
    await view.page.reload();
    await heading(view.page, 'Sign in');
    quiet(view);
    await view.close();
  });
}
