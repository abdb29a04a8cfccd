// GraphiQL inside the console, with the session's own rights.
import { adminKey, assert, check, keyFor, nowhere, open, quiet, settled, shot } from './lib.mjs';

async function run(page) {
  const answer = page.waitForResponse((r) => r.request().method() === 'POST' && /graphql$/.test(r.url()));
  await page.getByRole('button', { name: /Execute query/ }).click();
  await answer;
  const pane = page.locator('.graphiql-response .CodeMirror');
  await pane
    .getByText(/"(data|errors)"/)
    .first()
    .waitFor();
  return JSON.parse(await pane.evaluate((element) => element.CodeMirror.getValue()));
}

export async function playground(browser) {
  await check('both planes answer with the credential in place; starters know the account’s schema', async () => {
    const view = await open(browser, { key: adminKey, path: '/playground' });
    const { page } = view;
    await page.locator('.graphiql-query-editor .CodeMirror').waitFor();
    const { data, errors } = await run(page);
    assert.equal(errors, undefined);
    assert.ok(data, 'no data');
    await page.getByRole('button', { name: 'Starters' }).click();
    await page.getByRole('menuitem', { name: 'Find one by email' }).first().waitFor();
    await page.keyboard.press('Escape');
    await shot(page, '1280-light-playground');
    await page.getByText('Control', { exact: true }).click();
    await settled(page);
    await page.getByRole('button', { name: 'Starters' }).click();
    await page.getByRole('menuitem', { name: 'Show the Profile schema' }).click();
    await page.waitForTimeout(300);
    const second = await run(page);
    assert.equal(second.errors, undefined);
    await nowhere(view, [adminKey, 'profiles(']);
    quiet(view);
    await view.close();
  });

  await check('the playground can do no more than the person', async () => {
    const reader = await keyFor('Playground reader', ['reader']);
    const view = await open(browser, {
      key: reader.secret,
      path: '/playground',
    });
    const { page } = view;
    await page.getByText('Control', { exact: true }).click();
    await settled(page);
    const editor = page.locator('.graphiql-query-editor .CodeMirror');
    await editor.locator('.CodeMirror-scroll').click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText('{ apiKeys { id } }');
    const { errors } = await run(page);
    assert.equal(errors[0].extensions.code, 'FORBIDDEN');
    quiet(view);
    await view.close();
  });
}
