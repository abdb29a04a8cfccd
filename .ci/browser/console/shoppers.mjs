// Shoppers: found by a key, shown masked, revealed for a reason, written.
import {
  accessible,
  adminKey,
  assert,
  check,
  control,
  data,
  forget,
  heading,
  keyFor,
  newShopper,
  nowhere,
  open,
  picture,
  quiet,
  settled,
  shot,
} from './lib.mjs';

const john = {
  firstName: 'Johannes',
  lastName: 'Quillfeather',
  email: 'johannes.quillfeather@example.com',
  document: '555.444.333-22',
  documentType: 'CPF',
  birthdate: '1979-02-03',
  cellPhone: '+55 11 91234-5678',
  tags: ['newsletter'],
};
const street = 'Rua dos Testes Secretos';
const reason = 'Ticket 4711: the parcel came back';

const field = (page, name) =>
  page
    .locator('dt', { hasText: new RegExp(`^${name}$`) })
    .first()
    .locator('xpath=following-sibling::dd[1]');

async function find(page, by, value) {
  await page.getByLabel('Find by').selectOption({ label: by });
  await page.getByLabel(by, { exact: true }).fill(value);
  await page.getByRole('button', { name: 'Find', exact: true }).click();
}

async function reveal(page, fields, { within = page, why = reason } = {}) {
  await within.getByRole('button', { name: 'Reveal…' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Reveal values' });
  for (const name of fields) await dialog.getByLabel(name, { exact: true }).check();
  await dialog.getByLabel('Reason').fill(why);
  await dialog.getByRole('button', { name: 'Reveal', exact: true }).click();
  return dialog;
}

export async function shoppers(browser) {
  await forget('grace.hopper@example.com');
  const id = await newShopper(john);
  await data('mutation($id: ID!, $in: AddressInput!) { createAddress(profileId: $id, input: $in) { id } }', {
    id,
    in: {
      route: street,
      streetNumber: '42',
      locality: 'Recife',
      countryCode: 'BR',
    },
  });
  await data('mutation($id: ID!, $in: PurchaseInfoInput!) { createPurchaseInfo(profileId: $id, input: $in) { id } }', {
    id,
    in: { isToSavePersonalData: true },
  });
  const secrets = [john.firstName, john.lastName, john.email, john.document, street];

  await check('find by e-mail and by document; the value is never in an address', async () => {
    const view = await open(browser, { key: adminKey, path: '/shoppers' });
    const { page } = view;
    await heading(page, 'Shoppers');
    await page.getByText('All: Profile').waitFor();
    await settled(page);
    await accessible(page, 'finding shoppers');
    await shot(page, '1280-light-shoppers');
    for (const [by, value] of [
      ['Email', john.email.toUpperCase()],
      ['Document', '55544433322'],
      ['Id', id],
    ]) {
      await find(page, by, value);
      await page.waitForURL(`**/shoppers/Profile/${id}`);
      await heading(page, 'Profile');
      await nowhere(view, [...secrets, john.email.toUpperCase(), '55544433322']);
      await page.goBack();
      await heading(page, 'Shoppers');
    }
    await find(page, 'Email', 'nobody@example.com');
    await page.getByText('Nobody has this key').waitFor();
    await nowhere(view, ['nobody@example.com']);
    quiet(view);
    await view.close();
  });

  await check('a shopper is shown masked, with what it owns', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Profile/${id}`,
    });
    const { page } = view;
    await settled(page);
    assert.match(await field(page, 'First name').innerText(), /^J\*+$/);
    assert.match(await field(page, 'Birthdate').innerText(), /masked/);
    await page.getByRole('heading', { name: 'Address 1' }).waitFor();
    await page.getByRole('region', { name: 'Purchase info' }).first().getByText('Is to save personal data').waitFor();
    assert.match(await field(page, 'Route').innerText(), /^R\*+$/);
    await nowhere(view, secrets);
    await accessible(page, 'a shopper');
    await shot(page, '1280-light-shopper', { fullPage: true });
    quiet(view);
    await view.close();
  });

  await check('a value that is damaged is told of, and hides nothing else', async () => {
    const view = await open(browser, { key: adminKey, path: '/shoppers/Profile' });
    const { page } = view;
    // The real answers, but for one value.
    await page.route('**/graphql', async (route) => {
      if (!/query (List|Document)/.test(route.request().postData() ?? '')) return route.fallback();
      const response = await route.fetch();
      const json = await response.json();
      (json.data.found.nodes?.[0] ?? json.data.found).firstName = null;
      const path = json.data.found.nodes ? ['found', 'nodes', 0, 'firstName'] : ['found', 'firstName'];
      json.errors = [
        { message: 'What is stored is not what was written here.', path, extensions: { code: 'DATA_CORRUPT' } },
      ];
      return route.fulfill({ response, json });
    });
    await page.reload();
    const told = page.getByText('A stored value is damaged, or was moved here from elsewhere');
    await told.waitFor();
    await page.locator('tbody tr').first().waitFor();
    await accessible(page, 'a list with a damaged value');
    await page.locator('tbody tr a').first().click();
    await told.waitFor();
    await page.getByRole('heading', { name: 'Data', exact: true }).first().waitFor();
    await view.close();
  });

  await check('reveal: only the fields asked for, on the record with a receipt, hidden on demand', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Profile/${id}`,
    });
    const { page } = view;
    await page.getByRole('button', { name: 'Reveal…' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Reveal values' });
    await dialog.getByRole('button', { name: 'Reveal', exact: true }).click();
    await dialog.getByText('Choose at least one field.').waitFor();
    await dialog.getByText('Give a reason of 10 to 1,000 characters.').waitFor();
    await accessible(page, 'revealing');
    await shot(page, '1280-light-reveal');
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await reveal(page, ['First name', 'Email']);
    await field(page, 'Email').getByText(john.email).waitFor();
    assert.equal(await field(page, 'First name').innerText(), john.firstName);
    assert.match(await field(page, 'Last name').innerText(), /^Q\*+$/, 'a field that nobody asked for is in clear');
    await page.getByText(/In clear for \d+ s/).waitFor();
    await accessible(page, 'values in clear');
    await shot(page, '1280-light-revealed');
    await picture(page, 'revealed');
    const recorded = await page.getByText(/On the audit record as entry \d+/).innerText();
    const { audit } = await control(
      'query($s: ID!) { audit(filter: {subject: $s}, first: 1) { entries { index fields reason outcome } } }',
      { s: id },
    );
    assert.deepEqual(audit.entries[0].fields.sort(), ['email', 'firstName']);
    assert.equal(audit.entries[0].reason, reason);
    assert.ok(recorded.includes(String(audit.entries[0].index)));
    await page.getByText('Receipt', { exact: true }).click();
    await page.locator('.receipt pre').getByText(/\S/).waitFor();

    await page.getByRole('button', { name: 'Hide now' }).click();
    await page.getByText('Hidden again').waitFor();
    await nowhere(view, secrets);
    quiet(view);
    await view.close();
  });

  await check('reveal: values hide when the tab is left, and after a minute', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Profile/${id}`,
    });
    const { page } = view;
    await page.clock.install();
    await reveal(page, ['First name', 'Email']);
    await field(page, 'Email').getByText(john.email).waitFor();
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', {
        configurable: true,
        get: () => true,
      });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.getByText('Hidden again').waitFor();
    await nowhere(view, secrets);
    await page.evaluate(() => {
      delete document.hidden;
    });

    await reveal(page, ['Last name']);
    await field(page, 'Last name').getByText(john.lastName).waitFor();
    await page.clock.fastForward(61_000);
    await page.getByText('Hidden again').waitFor();
    await nowhere(view, secrets);

    // What a document owns is revealed by itself.
    await reveal(page, ['Route'], {
      within: page.getByRole('region', { name: 'Address 1' }),
    });
    await page.getByText(street).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await heading(page, /./);
    await nowhere(view, secrets);
    quiet(view);
    await view.close();
  });

  await check('create: rules are told at the field, then the document is there', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: '/shoppers/Profile/new',
    });
    const { page } = view;
    await page.getByRole('button', { name: 'Create Profile' }).click();
    const email = page.getByLabel('Email');
    const problem = async (input) =>
      page
        .locator(
          `[id="${(await input.getAttribute('aria-describedby')).split(' ').find((i) => i.endsWith('-error'))}"]`,
        )
        .innerText();
    assert.equal(await problem(email), 'Fill this in.');
    assert.ok(await email.evaluate((e) => e === document.activeElement), 'the field has no focus');
    await email.fill('grace.hopper@example.com');
    await page.getByLabel('First name').fill('Grace');
    await page.getByLabel('Tags').fill('x'.repeat(60));
    await page.getByRole('button', { name: 'Create Profile' }).click();
    await page.getByText('The document was not saved').waitFor();
    assert.match(await problem(page.getByLabel('Tags')), /50 characters/);
    await accessible(page, 'a form with problems');
    await shot(page, '1280-light-create', { fullPage: true });
    await page.getByLabel('Tags').fill('vip\nnewsletter');
    await page.getByRole('button', { name: 'Create Profile' }).click();
    await page.waitForURL(/shoppers\/Profile\/[\da-f-]{36}$/);
    assert.match(await field(page, 'First name').innerText(), /^G\*+$/);
    await nowhere(view, ['grace.hopper@example.com', 'Grace']);
    quiet(view);
    await view.close();
  });

  await check('create: a value that must be unique is told at its field', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: '/shoppers/Profile/new',
    });
    const { page } = view;
    await page.getByLabel('Email').fill(john.email);
    await page.getByRole('button', { name: 'Create Profile' }).click();
    await page.getByText('Another document has this value.').waitFor();
    quiet(view);
    await view.close();
  });

  await check('edit: only what was changed is sent; versions can be compared', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Profile/${id}/edit`,
    });
    const { page } = view;
    assert.equal(await page.getByRole('textbox', { name: 'First name' }).inputValue(), '');
    assert.equal(await page.getByRole('textbox', { name: 'Document type' }).inputValue(), 'CPF');
    assert.ok(await page.getByRole('button', { name: 'Save changes' }).isDisabled());
    await page.getByRole('textbox', { name: 'Document type' }).fill('RG');
    await page.getByRole('textbox', { name: 'Price table' }).fill('gold');
    const sent = page.waitForRequest((r) => r.postData()?.includes('mutation Update'));
    await page.getByRole('button', { name: 'Save changes' }).click();
    assert.deepEqual(JSON.parse((await sent).postData()).variables.patch, {
      documentType: 'RG',
      priceTable: 'gold',
    });
    await page.waitForURL(`**/shoppers/Profile/${id}`);
    await field(page, 'Price table').getByText('gold').waitFor();
    await page.getByRole('link', { name: 'Versions' }).first().click();
    const compare = page.getByRole('region', { name: 'Compare' });
    await compare.getByRole('cell', { name: 'Document type' }).waitFor();
    await compare.getByText('CPF').waitFor();
    await page.getByRole('button', { name: 'Show', exact: true }).last().click();
    await page.getByRole('heading', { name: 'Version 1' }).waitFor();
    await accessible(page, 'versions');
    await shot(page, '1280-light-versions', { fullPage: true });
    await reveal(page, ['First name']);
    await field(page, 'First name').getByText(john.firstName).waitFor();
    await page.getByRole('button', { name: 'Hide now' }).click();
    await nowhere(view, secrets);
    quiet(view);
    await view.close();
  });

  await check('leaving a form with changes asks first, whichever way; a saved one is left without a word', async () => {
    const view = await open(browser, { key: adminKey, path: `/shoppers/Profile/${id}` });
    const { page } = view;
    const form = () => page.getByRole('textbox', { name: 'Price table' });
    let stay = true;
    let asked = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void (stay ? dialog.dismiss() : dialog.accept());
    });
    await page.getByRole('link', { name: 'Edit', exact: true }).first().click();
    await form().fill('unsaved');
    const here = page.url();
    for (const leave of [
      () => page.getByRole('link', { name: 'Overview' }).click(),
      () => page.getByRole('button', { name: 'Cancel' }).click(),
      () => page.getByRole('button', { name: 'Sign out' }).click(),
      () => page.goBack({ waitUntil: 'commit' }),
    ]) {
      asked = [];
      await leave();
      await page.waitForFunction((u) => location.href === u, here);
      assert.deepEqual(asked, ['confirm'], String(leave));
      assert.equal(await form().inputValue(), 'unsaved');
    }
    asked = [];
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.waitForURL(`**/shoppers/Profile/${id}`);
    assert.deepEqual(asked, []);
    // Who says yes goes where they wanted to.
    await page.getByRole('link', { name: 'Edit', exact: true }).first().click();
    await form().fill('given up');
    stay = false;
    await page.goBack({ waitUntil: 'commit' });
    await form().waitFor({ state: 'detached' });
    assert.equal(page.url(), here.replace('/edit', ''));
    assert.deepEqual(asked, ['confirm']);
    const { profile } = await data('query($id: ID!) { profile(id: $id) { priceTable } }', { id });
    assert.equal(profile.priceTable, 'unsaved');
    quiet(view);
    await view.close();
  });

  await check('what a shopper owns is paged where there is much of it', async () => {
    const owner = await newShopper({ email: 'many.addresses@example.com' });
    for (let i = 0; i < 103; i++)
      await data('mutation($id: ID!, $in: AddressInput!) { createAddress(profileId: $id, input: $in) { id } }', {
        id: owner,
        in: { locality: `City ${i + 1}` },
      });
    const view = await open(browser, { key: adminKey, path: `/shoppers/Profile/${owner}` });
    const { page } = view;
    const addresses = page.getByRole('region', { name: 'Addresses', exact: true });
    await addresses.getByText('the first 50').waitFor();
    const shown = () => addresses.getByRole('heading', { name: /^Address \d+$/ }).count();
    assert.equal(await shown(), 50);
    const more = addresses.getByRole('button', { name: 'Show more' });
    await more.click();
    await addresses.getByText('the first 100').waitFor();
    await more.click();
    await addresses.getByRole('heading', { name: 'Address 103', exact: true }).waitFor();
    assert.equal(await shown(), 103);
    assert.equal(await more.count(), 0);
    const cities = await addresses.getByText(/^City \d+$/).allInnerTexts();
    assert.equal(new Set(cities).size, 103, 'an address is missing or shown twice');
    await forget('many.addresses@example.com');
    quiet(view);
    await view.close();
  });

  await check('an edit that somebody else overtook is told', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Profile/${id}/edit`,
    });
    await view.page.getByRole('textbox', { name: 'Price table' }).fill('silver');
    await data('mutation($id: ID!) { updateProfile(id: $id, patch: {priceTable: "bronze"}) { id } }', { id });
    await view.page.getByRole('button', { name: 'Save changes' }).click();
    await view.page.getByText('Somebody changed it meanwhile').waitFor();
    quiet(view);
    await view.close();
  });

  await check('deleting asks for the id', async () => {
    const gone = await newShopper({ email: 'gone@example.com' });
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Profile/${gone}`,
    });
    const { page } = view;
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog');
    const sure = dialog.getByRole('button', { name: 'Delete for good' });
    assert.ok(await sure.isDisabled());
    await dialog.getByRole('textbox').fill(gone.slice(-12));
    await sure.click();
    await page.waitForURL('**/shoppers/Profile');
    assert.equal((await data('query($id: ID!) { profile(id: $id) { id } }', { id: gone })).profile, null);
    quiet(view);
    await view.close();
  });

  await check('who may only read finds no way to write or reveal; a shopper sees the own data', async () => {
    const reader = await keyFor('Reader', ['reader']);
    const view = await open(browser, {
      key: reader.secret,
      path: `/shoppers/Profile/${id}`,
    });
    await settled(view.page);
    await field(view.page, 'First name').waitFor();
    for (const name of ['Reveal…', 'Delete…'])
      assert.equal(await view.page.getByRole('button', { name }).count(), 0, name);
    for (const name of ['Edit', 'Add', 'Who saw this', 'Audit record', 'API keys'])
      assert.equal(await view.page.getByRole('link', { name }).count(), 0, name);
    await view.page.goto(view.page.url().replace(/shoppers.*/, 'audit'));
    await heading(view.page, 'There is no such page');
    quiet(view);
    await view.close();

    const own = await keyFor('Phone app', ['shopper'], id);
    const mine = await open(browser, {
      key: own.secret,
      path: `/shoppers/Profile/${id}`,
    });
    await field(mine.page, 'First name').getByText(john.firstName).waitFor();
    assert.equal(await mine.page.getByRole('button', { name: 'Reveal…' }).count(), 0);
    quiet(mine);
    await mine.close();
  });
}
