// Schemas: looked at, edited, checked, published, compared, rolled back.
import {
  accessible,
  adminKey,
  assert,
  check,
  control,
  data,
  keyFor,
  newShopper,
  open,
  picture,
  quiet,
  settled,
  shot,
} from './lib.mjs';

const region = (page, name) => page.getByRole('region', { name, exact: true });

/** Checks what is drafted, and waits for the verdict. */
async function verdict(page, text) {
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.getByText(text).waitFor();
  await page.getByRole('button', { name: 'Check', exact: true }).and(page.locator(':not([aria-busy])')).waitFor();
}

async function publish(page, { note, allow = [] } = {}) {
  await page.getByRole('button', { name: 'Publish…' }).click();
  const dialog = page.getByRole('dialog');
  const button = dialog.getByRole('button', { name: 'Publish', exact: true });
  for (const rule of allow) {
    assert.ok(await button.isDisabled(), 'it publishes before the rules are allowed');
    await dialog.getByRole('checkbox', { name: rule }).check();
  }
  if (note) await dialog.getByLabel('Note').fill(note);
  await accessible(page, 'publishing');
  await button.click();
  await dialog.waitFor({ state: 'detached' });
}

const edit = async (page, text) => {
  await page.getByRole('textbox', { name: 'JSON Schema' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
};

const schemaOf = async (entity) =>
  (await control('query($e: String!) { schema(entity: $e) { version schema } }', { e: entity })).schema;

export async function schemas(browser) {
  await check('the entities, and the tree of fields of one', async () => {
    const view = await open(browser, { key: adminKey, path: '/schemas' });
    const { page } = view;
    await page.getByRole('link', { name: 'Purchase info' }).waitFor();
    await accessible(page, 'the entities');
    await shot(page, '1280-light-schemas');
    await page.getByRole('link', { name: 'Profile', exact: true }).click();
    const row = (name) =>
      page.getByRole('row').filter({
        has: page.locator('code.name', { hasText: new RegExp(`^${name}$`) }),
      });
    await row('email').getByText('unique key').waitFor();
    await row('email').getByText('personal').waitFor();
    await row('email').getByText('required').waitFor();
    await row('cardNumber').getByText('last4').waitFor();
    await page.getByRole('button', { name: 'Show what is below loyalty' }).click();
    assert.equal(await row('cardNumber').count(), 0, 'the branch is not folded');
    await page.getByPlaceholder('Find a field').fill('card');
    await row('cardNumber').waitFor();
    assert.equal(await row('email').count(), 0);
    await page.getByPlaceholder('Find a field').fill('');
    await accessible(page, 'the tree of fields');
    await shot(page, '1280-light-schema-fields');
    await picture(page, 'schema-fields');
    await page.getByRole('link', { name: 'GraphQL' }).click();
    await page.getByText('type Profile').first().waitFor();
    await accessible(page, 'the GraphQL schema');
    quiet(view);
    await view.close();
  });

  await check('the editor tells what is wrong while it is typed, and offers keywords', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: '/schemas/Contact/edit',
    });
    const { page } = view;
    await page.locator('.cm-content').waitFor();
    await edit(page, '{"properties": {"size": {"type": "string", "pii": "yes"}}}');
    await page.locator('.cm-lintRange-error', { hasText: '"pii"' }).waitFor();
    await edit(page, '{"properties": {"nickname": {"type": "string", "sensitve": true}}}');
    const mark = page.locator('.cm-lintRange-error', { hasText: 'sensitve' });
    await mark.waitFor();
    await mark.hover();
    await page
      .locator('.cm-tooltip')
      .getByText(/sensitive looks meant/)
      .waitFor();
    // What the server gets is what was typed, not what a browser makes of it.
    await edit(page, '{"properties": {"pet": {"type": "string"}, "pet": {"type": "integer"}}}');
    await page.locator('.cm-lintRange-error', { hasText: 'pet' }).hover();
    await page
      .locator('.cm-tooltip')
      .getByText(/the name appears twice/)
      .waitFor();
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await region(page, 'This schema cannot be used').getByText('the name appears twice').waitFor();
    await edit(page, '{"properties": {');
    await page.locator('.cm-lint-marker-error').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Check', exact: true }).isDisabled());
    await edit(page, '{"properties": {"x": {"x-m');
    await page.keyboard.press('Control+Space');
    await page.locator('.cm-tooltip-autocomplete').getByText('x-mask').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Start over' }).click();
    quiet(view);
    await view.close();
  });

  await check('a custom field without writing JSON Schema: preview of its mask, check, publish', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: '/schemas/Profile/add',
    });
    const { page } = view;
    await page.getByLabel('Name', { exact: true }).fill('birthdate');
    await page.getByText('There is such a field already').first().waitFor();
    await page.getByLabel('Name', { exact: true }).fill('clubCard');
    await page.getByLabel('Description').fill('Number on the card of the club.');
    await page.getByLabel('Mask', { exact: true }).selectOption('last4');
    await page.getByLabel('Try it on sample values').fill('6035550100020003');
    await page.getByRole('status', { name: 'What readers see' }).getByText('************0003').waitFor();
    await page.getByLabel('Look-up key').selectOption('unique');
    await verdict(page, 'Ready to publish');
    await region(page, 'Changes').getByText('field added').waitFor();
    await region(page, 'GraphQL schema').getByText('clubCard').first().waitFor();
    await accessible(page, 'a checked field');
    await shot(page, '1280-light-schema-add', { fullPage: true });
    await publish(page, { note: 'The club card' });
    await page.waitForURL('**/schemas/Profile');
    await page.locator('code.name', { hasText: 'clubCard' }).waitFor();
    // The account's schema follows at once, here too: the field is in forms and is a key to find by.
    await page.getByRole('link', { name: 'Shoppers' }).click();
    await page.getByLabel('Find by').selectOption({ label: 'Club card' });
    await page.getByRole('link', { name: 'New Profile' }).click();
    await page.getByLabel('Club card').waitFor();
    quiet(view);
    await view.close();
  });

  await check(
    'a change that breaks rules: findings with a mend, documents that fail, sensitivity, publishing only what is allowed by name',
    async () => {
      await newShopper({ email: 'no.code@example.com' });
      const { schema } = await schemaOf('Profile');
      const { clubCard, ...properties } = schema.properties;
      properties.firstName = {
        ...properties.firstName,
        sensitive: false,
        pii: false,
      };
      const draft = {
        ...schema,
        properties,
        required: [...(schema.required ?? []), 'customerCode'],
        'v-indexed': schema['v-indexed'].filter((n) => n !== 'clubCard'),
        'v-unique': (schema['v-unique'] ?? []).filter((n) => n !== 'clubCard'),
      };
      assert.ok(clubCard, 'the field of the check before is not there');
      const view = await open(browser, {
        key: adminKey,
        path: '/schemas/Profile/edit',
      });
      const { page } = view;
      await page.locator('.cm-content').waitFor();
      await edit(page, JSON.stringify(draft, null, 2));
      await verdict(page, /It breaks \d+ rules/);
      await region(page, 'Stored documents')
        .getByText(/[1-9]\d* read, [1-9]\d* would fail/)
        .waitFor();
      await region(page, 'Who sees what changes').getByText('less protected').waitFor();
      const rules = region(page, 'Rules');
      for (const rule of ['FIELD_NO_DELETE', 'SENSITIVITY_NO_LOWER', 'REQUIRED_NO_ADD'])
        await rules.getByText(rule).first().waitFor();
      for (const [language, says, mend] of [
        ['pt', 'a propriedade é removida', 'mantenha-a e marque-a como obsoleta'],
        ['es', 'la propiedad se elimina', 'manténgala y márquela como obsoleta'],
        ['en', 'the property is removed', 'keep it, and mark it as deprecated'],
      ]) {
        await page.locator('#side select').selectOption(language);
        const row = page.getByRole('row').filter({ hasText: 'FIELD_NO_DELETE' }).first();
        await row.getByText(says).waitFor();
        await row.getByText(mend).waitFor();
      }
      await page
        .getByRole('row')
        .filter({ hasText: 'INDEX_NO_DROP' })
        .getByText('the property is no look-up key any more')
        .first()
        .waitFor();
      await accessible(page, 'a change that breaks rules');
      await shot(page, '1280-light-schema-check', { fullPage: true });
      await region(page, 'Stored documents').scrollIntoViewIfNeeded();
      await page.getByText(/It breaks \d+ rules/).evaluate((e) => e.scrollIntoView({ block: 'start' }));
      await picture(page, 'schema-check');
      await page.getByRole('button', { name: 'Publish…' }).click();
      const dialog = page.getByRole('dialog');
      assert.ok(await dialog.getByRole('button', { name: 'Publish', exact: true }).isDisabled());
      await dialog.getByRole('button', { name: 'Cancel' }).click();

      // Mended but for one rule, which is allowed.
      const milder = {
        ...schema,
        properties: Object.fromEntries(Object.entries(schema.properties).filter(([n]) => n !== 'clubCard')),
        'v-indexed': draft['v-indexed'],
        'v-unique': draft['v-unique'],
      };
      await edit(page, JSON.stringify(milder, null, 2));
      await verdict(page, /It breaks \d+ rule/);
      const names = [...new Set(await region(page, 'Rules').locator('.badge').allInnerTexts())];
      await publish(page, { note: 'The club is closed', allow: names });
      await page.waitForURL('**/schemas/Profile');
      await settled(page);
      assert.equal(await page.locator('code.name', { hasText: 'clubCard' }).count(), 0);
      quiet(view);
      await view.close();
    },
  );

  await check('what is typed is not lost, and replaces nothing that was published meanwhile', async () => {
    const publishes = (schema) =>
      control('mutation($s: JSON!) { publishSchema(entity: "Contact", schema: $s, mode: MERGE) { version } }', {
        s: schema,
      });
    const { secret, actor } = await keyFor('Drafts', ['schema-admin']);
    const view = await open(browser, {
      key: secret,
      path: '/schemas/Contact/edit',
      tolerate: /Failed to load resource/,
    });
    const { page } = view;
    const typed = () => page.locator('.cm-content').first().innerText();
    await page.locator('.cm-content').waitFor();
    const { schema } = await schemaOf('Contact');
    schema.properties.mine = { type: ['string', 'null'] };
    await edit(page, JSON.stringify(schema));

    // Another admin publishes while the server cannot be reached; when it can, the page hears of it.
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('The server cannot be reached').waitFor();
    const first = (await publishes({ description: `Another admin's, ${Date.now()}` })).publishSchema.version;
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Somebody changed it meanwhile').waitFor();
    await region(page, `Version ${first} was published meanwhile`).getByText('Another admin').first().waitFor();
    assert.match(await typed(), /"mine"/);
    assert.ok(await page.getByRole('button', { name: 'Publish…' }).isDisabled(), 'it would replace the other version');
    await accessible(page, 'a draft that is behind');
    await shot(page, '1280-light-schema-behind', { fullPage: true });
    await page.getByRole('button', { name: 'I took it over: go on' }).click();
    await page.getByRole('button', { name: 'Publish…' }).and(page.locator(':enabled')).waitFor();

    // And once more, between the check and the publish.
    await publishes({ description: `Another admin's, ${Date.now()}` });
    await page.getByRole('button', { name: 'Publish…' }).click();
    const dialog = page.getByRole('dialog');
    for (const box of await dialog.getByRole('checkbox').all()) await box.check();
    await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
    await dialog.getByText('Nothing was published').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await region(page, `Version ${first + 1} was published meanwhile`).waitFor();

    // The session ends, another version comes, and the same person signs in again.
    const { sessions } = await control('{ sessions { id actor } }');
    for (const s of sessions)
      if (s.actor === actor) await control('mutation($id: ID!) { endSession(id: $id) }', { id: s.id });
    await publishes({ description: `Another admin's, ${Date.now()}` });
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByLabel('API key').fill(secret);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await region(page, `Version ${first + 2} was published meanwhile`).waitFor();
    assert.match(await typed(), /"mine"/);
    await page.getByRole('button', { name: 'Start over' }).click();
    await region(page, `Version ${first + 2} was published meanwhile`).waitFor({ state: 'detached' });
    assert.doesNotMatch(await typed(), /"mine"/);
    quiet(view);
    await view.close();
  });

  await check('the editor shows numbers as they are, however long', async () => {
    await control(
      'mutation { publishSchema(entity: "Ledger", schema: {properties: {points: {type: "integer", maximum: 9007199254740993}}}) { version } }',
    );
    const view = await open(browser, { key: adminKey, path: '/schemas/Ledger/edit' });
    await view.page.locator('.cm-content').getByText('9007199254740993').waitFor();
    quiet(view);
    await view.close();
  });

  await check('history: versions, what differs side by side, rolling back', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: '/schemas/Profile/history',
    });
    const { page } = view;
    await page.getByText('The club is closed').waitFor();
    await region(page, 'Compare').getByText('field removed').first().waitFor();
    await page.locator('.cm-mergeView .cm-editor').nth(1).waitFor();
    await page.locator('.cm-mergeView').getByText('clubCard').first().waitFor();
    await accessible(page, 'the history');
    await shot(page, '1280-light-schema-history', { fullPage: true });
    const before = (await schemaOf('Profile')).version;
    await page.getByRole('button', { name: 'Roll back' }).first().click();
    const dialog = page.getByRole('dialog');
    const button = dialog.getByRole('button', { name: 'Roll back' });
    assert.ok(await button.isDisabled());
    await dialog.getByLabel(/type Profile/).fill('Profile');
    await button.click();
    // What it would break is told, and can be allowed.
    await Promise.race([dialog.waitFor({ state: 'detached' }), dialog.getByRole('checkbox').first().waitFor()]);
    for (const box of await dialog.getByRole('checkbox').all()) await box.check();
    if (await dialog.isVisible()) await button.click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText(`Profile is at version ${before + 1}`).waitFor();
    assert.ok((await schemaOf('Profile')).schema.properties.clubCard);
    quiet(view);
    await view.close();
  });

  await check('an entity of the account’s own is made, and its documents are written in the console', async () => {
    const owner = await newShopper({ email: 'pet.owner@example.com' });
    const view = await open(browser, { key: adminKey, path: '/schemas/new' });
    const { page } = view;
    await page.getByLabel('Name').fill('pet');
    await page.getByText('beginning with a capital').first().waitFor();
    await page.getByLabel('Name').fill('Pet');
    await verdict(page, 'Ready to publish');
    await publish(page);
    await page.waitForURL('**/schemas/Pet');
    await page.goto(page.url().replace('schemas/Pet', `shoppers/Profile/${owner}`));
    await page
      .locator('section', {
        has: page.getByRole('heading', { name: 'Pets' }),
      })
      .getByRole('link', { name: 'Add' })
      .click();
    await page.getByLabel('Name').fill('Rex');
    await page.getByRole('button', { name: 'Create Pet' }).click();
    await page.waitForURL(`**/shoppers/Profile/${owner}`);
    await page.getByText('Rex').waitFor();
    const { profile } = await data('query($id: ID!) { profile(id: $id) { pets { nodes { name } } } }', { id: owner });
    assert.deepEqual(profile.pets.nodes, [{ name: 'Rex' }]);
    quiet(view);
    await view.close();
  });

  await check(
    'who may only read sees schemas and cannot change them; a schema admin cannot lower sensitivity',
    async () => {
      const reader = await keyFor('Schema reader', ['reader']);
      const looks = await open(browser, {
        key: reader.secret,
        path: '/schemas/Profile',
      });
      await looks.page.locator('code.name').first().waitFor();
      for (const name of ['Add a field', 'Edit as JSON'])
        assert.equal(await looks.page.getByRole('link', { name }).count(), 0);
      await looks.page.getByRole('link', { name: 'History' }).click();
      await looks.page.getByText('built-in').first().waitFor();
      assert.equal(await looks.page.getByRole('button', { name: 'Roll back' }).count(), 0);
      quiet(looks);
      await looks.close();

      const admin = await keyFor('Schema admin', ['schema-admin']);
      const { schema } = await schemaOf('Contact');
      const view = await open(browser, {
        key: admin.secret,
        path: '/schemas/Contact/edit',
      });
      await view.page.locator('.cm-content').waitFor();
      await edit(
        view.page,
        JSON.stringify({
          ...schema,
          properties: {
            ...schema.properties,
            phone: { ...schema.properties.phone, sensitive: false, pii: false },
          },
        }),
      );
      await verdict(view.page, /It breaks one rule/);
      await view.page.getByRole('button', { name: 'Publish…' }).click();
      await view.page.getByRole('dialog').getByText('Your roles do not lower sensitivity').waitFor();
      await view.page.getByRole('checkbox', { name: 'SENSITIVITY_NO_LOWER' }).check();
      assert.ok(await view.page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).isDisabled());
      quiet(view);
      await view.close();
    },
  );
}
