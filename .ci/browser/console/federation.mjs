// The federated graph: other subgraphs registered, read and removed, and what their presence does to a schema.
// The server composes with examples/composer.
import { accessible, assert, check, heading, keyFor, open, quiet, settled, shot } from './lib.mjs';

const sdl = (profile) => `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Query {
  orders: [Order!]!
}

type Order @key(fields: "id") {
  id: ID!
  buyer: Profile!
}

${profile}
`;

export async function federation(browser) {
  await check(
    'federation: a subgraph that does not compose is refused in the composer’s words; one that does counts',
    async () => {
      const admin = await keyFor('Graph admin', ['schema-admin']);
      const view = await open(browser, { key: admin.secret, path: '/federation' });
      const { page } = view;
      await page.getByText('No other subgraph').waitFor();
      await page
        .getByRole('region', { name: 'The account’s own subgraph' })
        .or(page.getByRole('region', { name: "The account's own subgraph" }))
        .getByText('@key')
        .first()
        .waitFor();
      await accessible(page, 'no other subgraph');

      await page.getByRole('button', { name: 'Register a subgraph' }).click();
      const dialog = page.getByRole('dialog');
      const register = dialog.getByRole('button', { name: 'Register', exact: true });
      await dialog.getByLabel('Name').fill('2nd');
      await dialog.getByText('the first a letter').waitFor();
      assert.ok(await register.isDisabled());
      await dialog.getByLabel('Name').fill('orders');
      await dialog.getByLabel('Address').fill('https://orders.example.com/graphql');
      await dialog.getByLabel('Schema').fill(sdl('type Profile @key(fields: "id") {\n  id: Int!\n}'));
      await register.click();
      await dialog.getByRole('alert').getByText('The subgraphs do not compose').waitFor();
      await dialog.getByRole('alert').getByText('Profile.id').first().waitFor();
      await accessible(page, 'a subgraph that does not compose');
      await shot(page, '1280-light-federation-refused');
      await dialog.getByLabel('Schema').fill(sdl('type Profile @key(fields: "id") {\n  id: ID!\n  orderCount: Int\n}'));
      await register.click();
      await dialog.waitFor({ state: 'detached' });
      const row = page.getByRole('row').filter({ hasText: 'orders' });
      await row.getByText('https://orders.example.com/graphql').waitFor();
      await row.getByText(admin.actor).waitFor();
      await settled(page);
      await accessible(page, 'federation');
      await shot(page, '1280-light-federation', { fullPage: true });
      await row.getByRole('button', { name: 'Read' }).click();
      await page.getByRole('dialog').getByText('orderCount').first().waitFor();
      await accessible(page, 'a subgraph');
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
      quiet(view);
      await view.close();
    },
  );

  await check('federation: a schema that would break the graph is told before it is published', async () => {
    const admin = await keyFor('Schema admin', ['schema-admin']);
    const view = await open(browser, { key: admin.secret, path: '/schemas/Profile/add' });
    const { page } = view;
    await page.getByLabel('Name', { exact: true }).fill('orderCount');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'The subgraphs do not compose' });
    await alert.getByText('Profile.orderCount').first().waitFor();
    assert.ok(await page.getByRole('button', { name: 'Publish…' }).isDisabled());
    await settled(page);
    await accessible(page, 'a schema that does not compose');
    await shot(page, '1280-light-schema-apart', { fullPage: true });
    quiet(view);
    await view.close();
  });

  await check('federation: a subgraph is removed by name; the record tells', async () => {
    const admin = await keyFor('Graph keeper', ['schema-admin', 'auditor']);
    const view = await open(browser, { key: admin.secret, path: '/federation' });
    const { page } = view;
    const row = page.getByRole('row').filter({ hasText: 'orders' });
    await row.getByRole('button', { name: 'Remove' }).click();
    const dialog = page.getByRole('dialog');
    const sure = dialog.getByRole('button', { name: 'Remove', exact: true });
    assert.ok(await sure.isDisabled());
    await dialog.getByLabel(/^To confirm, type/).fill('orders');
    await sure.click();
    await page.getByText('No other subgraph').waitFor();
    await page.getByRole('link', { name: 'Audit record' }).first().click();
    await heading(page, 'Audit record');
    await page.getByText('removed a subgraph').first().waitFor();
    quiet(view);
    await view.close();
  });
}
