// The record: looked through, shared, verified, exported.
import { readFile } from 'node:fs/promises';
import { accessible, adminKey, assert, base, check, keyFor, newShopper, open, picture, quiet, shot } from './lib.mjs';

const reason = 'Ticket 815: the invoice was lost';

export async function audit(browser) {
  const id = await newShopper({
    email: 'audited@example.com',
    firstName: 'Audrey',
    document: '777.666.555-44',
  });
  const desk = await keyFor('Invoice desk', ['support']);
  const reader = await keyFor('Curious reader', ['reader']);
  const see = (key) =>
    fetch(`${base}/graphql`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({
        query: 'query($id: ID!, $why: Unmask) { profile(id: $id, unmask: $why) { firstName email } }',
        variables: { id, why: { reason } },
      }),
    });
  await see(desk.secret);
  await see(reader.secret);

  await check('who saw this shopper: from the shopper to the record, with the refusals', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Profile/${id}`,
    });
    const { page } = view;
    await page.getByRole('link', { name: 'Who saw this' }).click();
    await page.getByRole('heading', { name: 'Who saw this shopper' }).waitFor();
    await page.getByText('One credential saw values in clear').waitFor();
    await page.getByText('Invoice desk').first().waitFor();
    assert.equal(await page.locator('.entry.denied', { hasText: 'Curious reader' }).count(), 1);
    await page.getByText(reason).first().waitFor();
    await accessible(page, 'who saw a shopper');
    await shot(page, '1280-light-audit-shopper');
    await page.getByRole('heading', { name: 'Who saw this shopper' }).scrollIntoViewIfNeeded();
    await picture(page, 'audit');
    quiet(view);
    await view.close();
  });

  await check('what this operator saw, from an entry', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/audit?subject=${id}`,
    });
    const { page } = view;
    await page
      .locator('.entry', { hasText: 'Invoice desk' })
      .getByRole('button', { name: /Details of entry/ })
      .click();
    await page.getByText('Place on the record').waitFor();
    await page.getByRole('link', { name: 'What this credential did' }).click();
    await page.waitForURL((url) => url.searchParams.get('actor') === desk.actor && !url.searchParams.has('subject'));
    await page.getByRole('heading', { name: 'What this credential did' }).waitFor();
    await page.getByText('saw values of Profile').first().waitFor();
    quiet(view);
    await view.close();
  });

  await check('filters are in the address, can be shared and saved, and take no personal data', async () => {
    const view = await open(browser, { key: adminKey, path: '/audit' });
    const { page } = view;
    await page
      .getByText(/^\d+ entr/)
      .first()
      .waitFor()
      .catch(() => {});
    await accessible(page, 'the record');
    await shot(page, '1280-light-audit');
    await page.getByLabel('Shopper (id)').fill('audited@example.com');
    await page.getByText('This takes an id.').waitFor();
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    assert.equal(new URL(page.url()).search, '', 'personal data went into the address');
    await page.getByLabel('Shopper (id)').fill('');
    await page.getByLabel('Outcome').selectOption('DENIED');
    await page.getByLabel('Field', { exact: true }).fill('email');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/outcome=DENIED/);
    await page.getByText('Curious reader').first().waitFor();
    assert.equal(await page.locator('.entry:not(.denied)').count(), 0);
    await page.getByRole('button', { name: 'Copy link' }).click();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(link, page.url());
    await page.getByRole('button', { name: 'Save this query' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Refused e-mails');
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.locator('.entry:not(.denied)').first().waitFor();
    await page.reload();
    await page.getByLabel('Saved queries').selectOption('Refused e-mails');
    await page.waitForURL(/outcome=DENIED/);
    await page.goto(link);
    await page.getByText('Curious reader').first().waitFor();
    await page.getByLabel('From', { exact: true }).fill('2020-01-01');
    await page.getByLabel('To', { exact: true }).fill('2020-12-31');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByText('No entry matches.').waitFor();
    quiet(view);
    await view.close();
  });

  await check('the record verifies by one click, with its checkpoint; the export is the record', async () => {
    const view = await open(browser, { key: adminKey, path: '/audit' });
    const { page } = view;
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/entries are as they were written/).waitFor();
    await dialog.getByRole('heading', { name: 'Checkpoint' }).waitFor();
    await accessible(page, 'the verification');
    await shot(page, '1280-light-audit-verified');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export' }).click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), 'audit.ndjson');
    const text = await readFile(await download.path(), 'utf8');
    assert.ok(text.trim().split('\n').length > 3);
    assert.ok(!text.includes('audited@example.com'));
    quiet(view);
    await view.close();
  });

  await check(
    'a long record is verified in parts, with progress; it can be stopped, and goes on from there',
    async () => {
      for (let i = 0; i < 100; i++) await see(desk.secret);
      const view = await open(browser, { key: adminKey, path: '/audit' });
      const { page } = view;
      // The real server in small parts; the third one waits until the test has stopped it.
      const afters = [];
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await page.route('**/control/graphql', async (route) => {
        const body = route.request().postDataJSON();
        if (!body.query.includes('auditVerification')) return route.fallback();
        afters.push(body.variables.after);
        body.variables.limit = 20;
        if (afters.length === 3) await held;
        return route.continue({ postData: JSON.stringify(body) });
      });
      await page.getByRole('button', { name: 'Verify', exact: true }).click();
      const dialog = page.getByRole('dialog');
      const bar = dialog.getByRole('progressbar');
      await dialog.getByText(/^[\d,]+ of [\d,]+ entries are verified$/).waitFor();
      await page.waitForFunction(() => Number(document.querySelector('[role=progressbar]')?.ariaValueNow) > 0);
      await accessible(page, 'a verification under way');
      await shot(page, '1280-light-audit-verifying');
      while (afters.length < 3) await page.waitForTimeout(50);
      await dialog.getByRole('button', { name: 'Stop' }).click();
      await dialog.getByText('It was stopped before the end').waitFor();
      const reached = Number(await bar.getAttribute('aria-valuenow'));
      assert.ok(reached > 0 && reached < 100, `stopped at ${reached} %`);
      release();
      await dialog.getByRole('button', { name: 'Go on' }).click();
      await dialog.getByText(/entries are as they were written/).waitFor();
      await dialog.getByRole('heading', { name: 'Checkpoint' }).waitFor();
      assert.ok(afters.length >= 5 && afters[0] === null, `${afters.length} parts`);
      assert.equal(afters[3], afters[2], 'it did not go on from where it was stopped');
      assert.equal(new Set(afters).size, afters.length - 1, 'a part was verified twice');
      quiet(view);
      await view.close();
    },
  );

  await check('an auditor sees the record and no shopper', async () => {
    const auditor = await keyFor('Auditor', ['auditor']);
    const view = await open(browser, {
      key: auditor.secret,
      path: `/audit?subject=${id}`,
    });
    const { page } = view;
    await page.getByText(desk.actor).first().waitFor();
    const navigation = page.getByRole('navigation', { name: 'Main' });
    for (const name of ['Shoppers', 'Schemas', 'API keys', 'Approvals'])
      assert.equal(await navigation.getByRole('link', { name }).count(), 0, name);
    quiet(view);
    await view.close();
  });
}
