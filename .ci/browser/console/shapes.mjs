// Documents of every shape that a schema can give them: lists, objects, alternatives, recursion, free JSON.
import {
  accessible,
  adminKey,
  assert,
  check,
  control,
  data,
  newShopper,
  nowhere,
  open,
  quiet,
  settled,
  shot,
} from './lib.mjs';

const schema = {
  type: 'object',
  description: 'Means of payment.',
  'x-entity': { owner: 'Profile', cardinality: 'many' },
  properties: {
    label: { type: 'string', maxLength: 20 },
    active: { type: 'boolean' },
    since: { type: ['string', 'null'], format: 'date-time' },
    limit: { type: ['number', 'null'], minimum: 0 },
    codes: { type: ['array', 'null'], items: { type: 'integer' } },
    payment: {
      oneOf: [
        {
          type: 'object',
          title: 'Card',
          properties: {
            kind: { const: 'card' },
            number: { type: 'string', pii: true, 'x-mask': 'last4' },
          },
          required: ['kind', 'number'],
          additionalProperties: false,
        },
        {
          type: 'object',
          title: 'Transfer',
          properties: {
            kind: { const: 'transfer' },
            iban: { type: 'string', pii: true },
            number: { type: 'integer' },
          },
          required: ['kind', 'iban'],
          additionalProperties: false,
        },
      ],
    },
    lines: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        properties: {
          sku: { type: 'string' },
          person: {
            type: 'object',
            properties: { name: { type: 'string', pii: true } },
            additionalProperties: false,
          },
        },
        required: ['sku'],
        additionalProperties: false,
      },
    },
    tree: { $ref: '#/$defs/Node' },
    extra: { type: 'object', additionalProperties: true },
  },
  $defs: {
    Node: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        children: { type: 'array', items: { $ref: '#/$defs/Node' } },
      },
      additionalProperties: false,
    },
  },
  required: ['label'],
  additionalProperties: false,
};
const card = '6035550100020003';

export async function shapes(browser) {
  await control('mutation($s: JSON!) { publishSchema(entity: "Wallet", schema: $s, mode: REPLACE) { version } }', {
    s: schema,
  });
  const owner = await newShopper({ email: 'wallet.owner@example.com' });
  let id;

  await check('a form for every shape writes what was filled in', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Wallet/new/${owner}`,
    });
    const { page } = view;
    await page.getByLabel('Label').fill('Main');
    await page.getByLabel('Active').selectOption('true');
    await page.getByLabel('Since').fill('2024-05-01T10:00');
    await page.getByLabel('Limit').fill('much');
    await page.getByLabel('Codes').fill('1\n2');
    await page.getByRole('button', { name: 'Add Payment' }).click();
    await page.getByLabel('Kind').selectOption({ label: 'Wallet payment card' });
    await page.getByLabel('Number').fill(card);
    const lines = page.getByRole('group', { name: 'Lines' });
    await lines.getByRole('button', { name: 'Add one' }).click();
    await lines.getByLabel('Sku').fill('A-1');
    await lines.getByRole('button', { name: 'Add Person' }).click();
    await lines.getByLabel('Name').fill('Grace');
    await page.getByRole('button', { name: 'Add Tree' }).click();
    await page.getByRole('group', { name: 'Tree' }).getByLabel('Name').fill('root');
    await page.getByLabel('Extra').fill('{"a":');
    await page.getByRole('button', { name: 'Create Wallet' }).click();
    await page.getByText('This must be a number.').waitFor();
    await page.getByText('This is no valid JSON yet.').waitFor();
    await accessible(page, 'a form of every shape');
    await shot(page, '1280-light-shapes-form', { fullPage: true });
    await page.getByLabel('Limit').fill('12.5');
    await page.getByLabel('Extra').fill('{"a": 9007199254740993}');
    await page.getByLabel('Codes').fill('1\n9007199254740993');
    await page.getByRole('button', { name: 'Create Wallet' }).click();
    await page.getByText('A number here has more digits than a browser keeps').nth(1).waitFor();
    await page.getByLabel('Extra').fill('{"a": 1}');
    await page.getByLabel('Codes').fill('1\n2');
    await page.getByRole('button', { name: 'Create Wallet' }).click();
    await page.waitForURL(`**/shoppers/Profile/${owner}`);
    const { profile } = await data(
      'query($id: ID!, $why: Unmask) { profile(id: $id) { wallets(unmask: $why) { nodes { id label active limit codes extra tree { name } lines { sku person { name } } payment { ... on WalletPaymentCard { number } } } } } }',
      { id: owner, why: { reason: 'The tests look at what was written' } },
    );
    const [wallet] = profile.wallets.nodes;
    id = wallet.id;
    assert.deepEqual(wallet, {
      id,
      label: 'Main',
      active: true,
      limit: 12.5,
      codes: [1, 2],
      extra: { a: 1 },
      tree: { name: 'root' },
      lines: [{ sku: 'A-1', person: { name: 'Grace' } }],
      payment: { number: card },
    });
    quiet(view);
    await view.close();
  });

  await check('what is within objects, lists and alternatives is masked and revealed by itself', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Wallet/${id}`,
    });
    const { page } = view;
    await page.getByText('************0003').waitFor();
    await page.getByText('G****').waitFor();
    await page.getByRole('button', { name: 'Reveal…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('checkbox', { name: 'Lines › Person › Name' }).check();
    await dialog.getByLabel('Reason').fill('Ticket 4711: the parcel came back');
    await dialog.getByRole('button', { name: 'Reveal', exact: true }).click();
    await page.getByText('Grace').waitFor();
    await page.getByText('A-1').waitFor(); // what was not masked is still there
    await nowhere(view, [card]);
    const { audit } = await control(
      'query($id: ID!) { audit(filter: {id: $id, action: "GetWalletUnmasked"}, first: 1) { entries { fields } } }',
      { id },
    );
    assert.deepEqual(audit.entries[0].fields, ['lines.person.name']);
    await page.getByRole('button', { name: 'Hide now' }).click();
    await nowhere(view, ['Grace', card]);
    quiet(view);
    await view.close();
  });

  await check('an edit never writes a mask back', async () => {
    const view = await open(browser, {
      key: adminKey,
      path: `/shoppers/Wallet/${id}/edit`,
    });
    const { page } = view;
    await settled(page);
    await page.getByText('The list is masked.').waitFor();
    assert.equal(
      await page.getByRole('button', { name: 'Remove Label' }).count(),
      0,
      'a required field can be removed',
    );
    await page.getByRole('textbox', { name: 'Label' }).fill('Renamed');
    await page.getByRole('button', { name: 'Remove Codes' }).click();
    const sent = page.waitForRequest((r) => r.postData()?.includes('mutation Update'));
    await page.getByRole('button', { name: 'Save changes' }).click();
    assert.deepEqual(JSON.parse((await sent).postData()).variables.patch, {
      label: 'Renamed',
      codes: null,
    });
    await page.waitForURL(`**/shoppers/Wallet/${id}`);
    await page.getByText('Renamed').waitFor();
    quiet(view);
    await view.close();
  });
}
