// Purposes and approvals, API keys and sessions, encryption keys, accounts.
import {
  accessible,
  adminKey,
  assert,
  check,
  control,
  data,
  heading,
  keyFor,
  newShopper,
  open,
  quiet,
  settled,
  shot,
} from './lib.mjs';

const reason = 'Case 88: the card was reported stolen';

async function danger(page, name, button) {
  const dialog = page.getByRole('dialog');
  const sure = dialog.getByRole('button', { name: button, exact: true });
  assert.ok(await sure.isDisabled(), 'it is done without the name');
  await dialog.getByLabel(/^To confirm, type/).fill(`${name}x`);
  assert.ok(await sure.isDisabled(), 'it is done with another name');
  await dialog.getByLabel(/^To confirm, type/).fill(name);
  await accessible(page, `confirming: ${button}`);
  await sure.click();
  await dialog.waitFor({ state: 'detached' });
}

export async function administration(browser) {
  await check('API keys: made, shown once, revoked by name', async () => {
    const view = await open(browser, { key: adminKey, path: '/api-keys' });
    const { page } = view;
    await settled(page);
    await accessible(page, 'API keys');
    await page.getByRole('button', { name: 'New API key' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Order system');
    await dialog.getByRole('checkbox', { name: 'editor' }).check();
    assert.ok(
      await dialog.getByRole('checkbox', { name: 'operator' }).isDisabled(),
      'a role beyond one’s own can be given',
    );
    await accessible(page, 'a new API key');
    await shot(page, '1280-light-api-key-new');
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    const secret = await dialog.locator('.secret-box code').innerText();
    assert.match(secret, /^pg_/);
    await data('{ __typename }', {}, secret);
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    assert.ok(!(await page.content()).includes(secret), 'the key is still in the page');
    const row = page.getByRole('row').filter({ hasText: 'Order system' });
    await row.getByText('editor').waitFor();
    await shot(page, '1280-light-api-keys');
    await row.getByRole('button', { name: 'Revoke' }).click();
    await danger(page, 'Order system', 'Revoke it');
    await row.waitFor({ state: 'detached' });
    await page.getByText('All', { exact: true }).click();
    await row.getByText('revoked').waitFor();
    quiet(view);
    await view.close();
  });

  await check('sessions are listed, and can be ended', async () => {
    const guest = await keyFor('Guest', ['reader']);
    const theirs = await open(browser, {
      key: guest.secret,
      path: '/shoppers',
      tolerate: /401/,
    });
    const view = await open(browser, { key: adminKey, path: '/api-keys' });
    const row = view.page.getByRole('region', { name: 'Signed in' }).getByRole('row').filter({ hasText: guest.actor });
    await row.getByRole('button', { name: 'End' }).click();
    await row.waitFor({ state: 'detached' });
    await theirs.page.waitForTimeout(2500);
    await theirs.page.reload();
    await heading(theirs.page, 'Sign in');
    quiet(view);
    await theirs.close();
    await view.close();
  });

  const id = await newShopper({
    email: 'approved@example.com',
    firstName: 'Apollonia',
  });
  const desk = await keyFor('Fraud desk', ['support']);

  await check('purposes: declared, tried, used, with a second person’s approval', async () => {
    const view = await open(browser, { key: adminKey, path: '/purposes' });
    const { page } = view;
    await page.getByText('No purpose is declared').waitFor();
    await accessible(page, 'no purposes');
    for (const [code, fields, approval] of [
      ['returns', 'Profile.firstName\nAddress.*', false],
      ['fraud', '*', true],
    ]) {
      await page.getByRole('button', { name: 'New purpose' }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Code').fill(code);
      await dialog.getByLabel('Legal basis').fill('Contract');
      await dialog.getByLabel('Fields').fill(fields);
      await dialog.getByRole('checkbox', { name: 'support' }).check();
      if (approval) await dialog.getByRole('checkbox', { name: 'A second person must agree' }).check();
      await accessible(page, 'a purpose');
      await dialog.getByRole('button', { name: 'Save changes' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('heading', { name: code }).waitFor();
    }
    const trial = page.getByRole('region', { name: 'Try the policy' });
    await trial.getByLabel('Purpose').selectOption('returns');
    await trial.getByRole('button', { name: 'Try' }).click();
    await trial.getByText('It would stay masked').waitFor();
    await trial.getByLabel('Field').fill('Profile.firstName');
    await trial.getByRole('button', { name: 'Try' }).click();
    await trial.getByText('They would see it').waitFor();
    await accessible(page, 'purposes');
    await shot(page, '1280-light-purposes', { fullPage: true });
    quiet(view);
    await view.close();
  });

  await check('revealing asks for a purpose, offers only what it covers, and asks a second person', async () => {
    const view = await open(browser, {
      key: desk.secret,
      path: `/shoppers/Profile/${id}`,
    });
    const { page } = view;
    await page.getByRole('button', { name: 'Reveal…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Purpose').selectOption('returns');
    assert.ok(
      await dialog.getByRole('checkbox', { name: 'Email' }).isDisabled(),
      'a field beyond the purpose can be chosen',
    );
    await dialog.getByLabel('Purpose').selectOption('fraud');
    await dialog.getByRole('checkbox', { name: 'Email' }).check();
    await dialog.getByLabel('Reason').fill(reason);
    await dialog.getByRole('button', { name: 'Reveal', exact: true }).click();
    await dialog.getByText('A second person must agree first').waitFor();
    await dialog.getByRole('button', { name: 'Ask for approval' }).click();
    await dialog.getByText('Once a privacy officer has agreed').waitFor();
    await accessible(page, 'asking for approval');

    const officer = await keyFor('Privacy officer', ['privacy-officer']);
    const office = await open(browser, { key: officer.secret, path: '/' });
    await office.page
      .getByRole('status')
      .getByText(/waits? for a second person/)
      .waitFor();
    await office.page.getByRole('link', { name: 'Look at them' }).click();
    const request = office.page.getByRole('region', { name: /fraud/ });
    await request.getByText(reason).waitFor();
    await accessible(office.page, 'approvals');
    await shot(office.page, '1280-light-approvals');
    await request.getByRole('button', { name: 'Approve' }).click();
    await request.getByText('approved', { exact: true }).waitFor();

    await dialog.getByRole('button', { name: 'Reveal', exact: true }).click();
    await page.getByText('approved@example.com').waitFor();
    await page.getByRole('button', { name: 'Hide now' }).click();

    await request.getByRole('button', { name: 'Take back' }).click();
    await office.page.getByText('Nothing waits').waitFor();
    for (const one of [view, office]) quiet(one);
    await office.close();
    await view.close();
  });

  await check('who asked does not approve; a request can be withdrawn', async () => {
    await control(
      'mutation($s: ID!, $r: String!) { requestApproval(purpose: "fraud", subject: $s, reason: $r) { id } }',
      { s: id, r: reason },
    ).catch(() => {});
    const view = await open(browser, { key: adminKey, path: '/approvals' });
    const { page } = view;
    await settled(page);
    const approve = page.getByRole('button', { name: 'Approve' });
    if ((await approve.count()) > 0) {
      assert.ok(await approve.isDisabled());
      await page.getByRole('button', { name: 'Withdraw' }).click();
    }
    await page.getByText('Nothing waits').waitFor();
    quiet(view);
    await view.close();
  });

  await check('purposes are removed by name', async () => {
    const view = await open(browser, { key: adminKey, path: '/purposes' });
    const { page } = view;
    for (const code of ['fraud', 'returns']) {
      await page.getByRole('region', { name: code, exact: true }).getByRole('button', { name: 'Remove' }).click();
      await danger(page, code, 'Remove');
      await page.getByRole('region', { name: code, exact: true }).waitFor({ state: 'detached' });
    }
    await page.getByText('No purpose is declared').waitFor();
    quiet(view);
    await view.close();
  });

  await check('encryption keys: status, and a rotation begun by name with its progress', async () => {
    const view = await open(browser, { key: adminKey, path: '/encryption' });
    const { page } = view;
    await page.getByText('Shoppers with a key').waitFor();
    await accessible(page, 'encryption keys');
    const row = (name) => page.getByRole('row').filter({ hasText: name });
    const shoppers = row("Shoppers' keys");
    const share = /^(\d+) of (\d+) shoppers$/;
    assert.match(await shoppers.getByRole('progressbar').getAttribute('aria-label'), share);
    assert.equal(await shoppers.getByRole('progressbar').getAttribute('aria-valuenow'), '100');
    for (const [name, label] of [
      ['Wraps the account', /^1 of 1 versions/],
      ['Makes a new account key', /^\d+ of \d+ keys$/],
      ['Look-up keys', /^\d+ of \d+ look-up fields$/],
    ])
      assert.match(await row(name).getByRole('progressbar').getAttribute('aria-label'), label);
    await shoppers.getByRole('button', { name: 'Rotate' }).click();
    await danger(page, (await control('{ account { id } }')).account.id, 'Rotate');
    // What the server tells: documents gone through, and shoppers whose old keys still wait.
    const told = async () => {
      await shoppers.getByText('under way').waitFor();
      await shoppers.getByText(/documents and old versions encrypted anew/).waitFor();
      await shoppers.getByText('the old keys go once nothing needs them').waitFor();
      const { keyStatus } = await control('{ keyStatus { subjects subjectsRotating rotations { step done all } } }');
      const [{ step, done, all }] = keyStatus.rotations;
      assert.equal(step, 'DEK');
      await shoppers
        .getByRole('progressbar', { name: `${done} of ${all} documents and old versions encrypted anew` })
        .waitFor();
      const [, alone, total] = share.exec(
        await shoppers.getByRole('progressbar', { name: share }).getAttribute('aria-label'),
      );
      assert.equal(Number(alone), keyStatus.subjects - keyStatus.subjectsRotating);
      assert.equal(Number(total), keyStatus.subjects);
      assert.ok(Number(alone) < Number(total), 'no old key waits');
    };
    await told();
    await page.reload();
    await told();
    await accessible(page, 'a rotation under way');
    await shot(page, '1280-light-encryption');
    quiet(view);
    await view.close();
  });

  await check(
    'other systems: a consumer and a webhook, made and removed by name; a key is bound to the consumer',
    async () => {
      const consumer = `erp-${Date.now().toString(36)}`;
      const view = await open(browser, {
        key: adminKey,
        path: '/integrations',
      });
      const { page } = view;
      await settled(page);
      await accessible(page, 'no other systems');
      await page.getByRole('button', { name: 'New consumer' }).click();
      await page.getByRole('dialog').getByLabel('Name').fill(consumer);
      await page.getByRole('button', { name: 'Make the consumer' }).click();
      const row = page.getByRole('row').filter({ hasText: consumer });
      await row.waitFor();
      await page.getByRole('button', { name: 'New webhook' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Address').fill('http://example.com');
      await dialog.getByText('It begins with https://.').waitFor();
      await dialog.getByLabel('Address').fill('https://example.com/hook');
      await dialog.getByRole('button', { name: 'Add the webhook' }).click();
      assert.match(await dialog.locator('.secret-box code').innerText(), /^whsec_/);
      await dialog.getByRole('button', { name: 'I have copied it' }).click();
      const hook = page.getByRole('row').filter({ hasText: 'https://example.com/hook' });
      await hook.waitFor();
      await accessible(page, 'other systems');
      await shot(page, '1280-light-integrations-filled');
      await hook.getByRole('button', { name: 'Remove' }).click();
      await danger(page, 'https://example.com/hook', 'Remove');
      await hook.waitFor({ state: 'detached' });

      await page.getByRole('link', { name: 'API keys' }).click();
      await page.getByRole('button', { name: 'New API key' }).first().click();
      await page.getByRole('dialog').getByLabel('Name').fill('ERP');
      await page.getByRole('dialog').getByRole('checkbox', { name: 'reader' }).check();
      await page.getByRole('dialog').getByLabel('Consumer').selectOption(consumer);
      await page.getByRole('dialog').getByRole('button', { name: 'Make the key' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'I have copied it' }).click();
      await page
        .getByRole('row')
        .filter({ hasText: `Consumer: ${consumer}` })
        .waitFor();

      await page.getByRole('link', { name: 'Other systems' }).click();
      await row.getByRole('button', { name: 'Revoke' }).click();
      await danger(page, consumer, 'Revoke it');
      await row.getByText('revoked').waitFor();
      quiet(view);
      await view.close();
    },
  );

  await check('roles find only what is theirs', async () => {
    const links = {
      reader: ['Overview', 'Shoppers', 'Schemas', 'Playground'],
      support: ['Overview', 'Shoppers', 'Schemas', 'Playground', 'Purposes'],
      auditor: ['Overview', 'Playground', 'Audit record', 'Purposes'],
      'privacy-officer': [
        'Overview',
        'Shoppers',
        'Schemas',
        'Playground',
        'Audit record',
        'Purposes',
        'Approvals',
        'Erasures',
        'Federation',
      ],
      admin: [
        'Overview',
        'Shoppers',
        'Schemas',
        'Playground',
        'Audit record',
        'Purposes',
        'Approvals',
        'Erasures',
        'API keys',
        'Encryption keys',
        'Other systems',
        'Federation',
      ],
      'schema-admin': ['Overview', 'Shoppers', 'Schemas', 'Playground', 'Federation'],
    };
    for (const [role, expected] of Object.entries(links)) {
      const key = await keyFor(`Role ${role}`, [role]);
      const view = await open(browser, { key: key.secret });
      const navigation = view.page.getByRole('navigation', { name: 'Main' });
      await navigation.waitFor();
      assert.deepEqual(
        (await navigation.getByRole('link').allInnerTexts()).map((s) => s.trim()),
        expected,
        role,
      );
      quiet(view);
      await view.close();
    }
  });

  if (process.env.OPERATOR_KEY) {
    await check('accounts: made, renamed, suspended by id, resumed', async () => {
      const view = await open(browser, {
        key: process.env.OPERATOR_KEY,
        path: '/accounts',
      });
      const { page } = view;
      const name = `test-${Date.now().toString(36)}`;
      await settled(page);
      await accessible(page, 'accounts');
      await page.getByRole('button', { name: 'New account' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Id').fill('Not This');
      await dialog.getByText('begins with a letter').waitFor();
      await dialog.getByLabel('Id').fill(name);
      await dialog.getByRole('button', { name: 'Make the account' }).click();
      assert.match(await dialog.locator('.secret-box code').innerText(), /^pg_/);
      await dialog.getByRole('button', { name: 'I have copied it' }).click();
      const row = page.getByRole('row').filter({ hasText: name });
      await row.getByRole('button', { name: 'Rename' }).click();
      await page.getByRole('dialog').getByLabel('Name').fill('A renamed store');
      await page.getByRole('dialog').getByRole('button', { name: 'Save changes' }).click();
      await row.getByText('A renamed store').waitFor();
      await row.getByRole('button', { name: 'Suspend' }).click();
      await danger(page, name, 'Suspend it');
      await row.getByText('suspended').waitFor();
      await shot(page, '1280-light-accounts');
      await row.getByRole('button', { name: 'Resume' }).click();
      await row.getByText('active').waitFor();
      quiet(view);
      await view.close();
    });
  }
}
