// What privacy officers do: exports, legal holds, erasures and their certificates.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  accessible,
  adminKey,
  artifacts,
  assert,
  base,
  check,
  control,
  data,
  heading,
  keyFor,
  newShopper,
  noSidewaysScroll,
  nowhere,
  open,
  picture,
  quiet,
  settled,
  shot,
} from './lib.mjs';

const place = 'mutation($s: ID!, $r: String!) { placeLegalHold(subject: $s, reference: $r) { id } }';
const release = 'mutation($id: ID!) { releaseLegalHold(id: $id) { id } }';

async function confirm(page, name, button) {
  const dialog = page.getByRole('dialog');
  const sure = dialog.getByRole('button', { name: button, exact: true });
  assert.ok(await sure.isDisabled(), 'it is done without a confirmation');
  await dialog.getByLabel(/^To confirm, type/).fill(name);
  await accessible(page, `confirming: ${button}`);
  await sure.click();
  await dialog.waitFor({ state: 'detached' });
}

/** Clicks what saves a file, and returns the file. */
async function saved(page, button) {
  const coming = page.waitForEvent('download');
  await button.click();
  const file = await coming;
  const path = `${artifacts}/${file.suggestedFilename()}`;
  await file.saveAs(path);
  return path;
}

export async function erasures(browser) {
  const officer = await keyFor('Privacy office', ['privacy-officer']);
  const email = 'erased.person@example.com';
  const id = await newShopper({ email, firstName: 'Ermentrude' });
  await data('mutation($id: ID!) { createAddress(profileId: $id, input: {locality: "Olinda"}) { id } }', { id });
  await data('mutation($id: ID!) { updateProfile(id: $id, patch: {priceTable: "gold"}) { id } }', { id });

  await check(
    'a legal hold is placed with a reference, keeps a shopper from being deleted, and is released',
    async () => {
      const view = await open(browser, { key: adminKey, path: `/shoppers/Profile/${id}` });
      const { page } = view;
      const privacy = page.getByRole('region', { name: 'Privacy' });
      await privacy.getByText('Not on legal hold.').waitFor();
      await privacy.getByRole('button', { name: 'Place hold…' }).click();
      const dialog = page.getByRole('dialog');
      const sure = dialog.getByRole('button', { name: 'Place the hold' });
      assert.ok(await sure.isDisabled(), 'a hold without a reference');
      await dialog.getByLabel('Reference').fill('Case of Ermentrude');
      await dialog.getByText('1 to 64 letters, digits and').waitFor();
      assert.ok(await sure.isDisabled(), 'a hold with a sentence for a reference');
      await accessible(page, 'a hold with a wrong reference');
      await dialog.getByLabel('Reference').fill('case-88');
      await sure.click();
      await dialog.waitFor({ state: 'detached' });
      await privacy.getByText('on legal hold', { exact: true }).waitFor();
      await privacy.getByText('case-88').waitFor();
      assert.equal(await privacy.getByRole('button', { name: 'Erase…' }).count(), 0, 'it can be erased on hold');
      await settled(page);
      await accessible(page, 'a shopper on hold');
      await shot(page, '1280-light-held');

      await page.getByRole('button', { name: 'Delete…' }).click();
      await dialog.getByRole('textbox').fill(id.slice(-12));
      await dialog.getByRole('button', { name: 'Delete for good' }).click();
      await dialog.getByText('The shopper is on legal hold').waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();

      await privacy.getByRole('button', { name: 'Release' }).click();
      await confirm(page, 'case-88', 'Release');
      await privacy.getByText('Not on legal hold.').waitFor();
      quiet(view);
      await view.close();
    },
  );

  await check('all that is held of a shopper is saved as a file, for a reason, and nothing of it stays', async () => {
    const view = await open(browser, { key: officer.secret, path: `/shoppers/Profile/${id}` });
    const { page } = view;
    const button = page.getByRole('button', { name: 'Export…' });
    await button.click();
    const dialog = page.getByRole('dialog', { name: 'Export all that is held' });
    const download = dialog.getByRole('button', { name: 'Download' });
    await download.click();
    await dialog.getByText('Give a reason of 10 to 1,000 characters.').waitFor();
    await accessible(page, 'exporting');
    await shot(page, '1280-light-export');
    await dialog.getByLabel('Reason').fill('She asks for her data');
    await dialog.getByLabel('Reference').fill('DSR-2026/18');
    const path = await saved(page, download);
    await dialog.waitFor({ state: 'detached' });
    assert.ok(path.endsWith(`/subject-${id}.json`));
    const file = JSON.parse(await readFile(path, 'utf8'));
    assert.deepEqual(
      file.documents.map((d) => [d.entity, d.versions.length, d.versions[0].content]),
      [
        ['Profile', 2, { email, firstName: 'Ermentrude', priceTable: 'gold' }],
        ['Address', 1, { locality: 'Olinda' }],
      ],
    );
    assert.equal(file.subject, id);
    assert.ok(Array.isArray(file.record));
    assert.ok(await button.evaluate((e) => e === document.activeElement), 'the focus is lost');
    await nowhere(view, ['Ermentrude', 'She asks']);

    await button.click();
    await dialog.getByLabel('Reason').fill('She asks for her data');
    await dialog.getByLabel('Older versions').uncheck();
    await dialog.getByLabel('Who has seen it').uncheck();
    const less = JSON.parse(await readFile(await saved(page, download), 'utf8'));
    assert.equal(less.documents[0].versions.length, 1);
    assert.equal(less.record, undefined);
    const { audit } = await control(
      'query($s: ID!) { audit(first: 200, filter: {subject: $s, action: "ExportSubject"}) { entries { outcome reason details } } }',
      { s: id },
    );
    assert.deepEqual(
      audit.entries.map((e) => [e.outcome, e.reason, e.details.reference]),
      [
        ['ALLOWED', 'She asks for her data', undefined],
        ['ALLOWED', 'She asks for her data', 'DSR-2026/18'],
      ],
    );
    quiet(view);
    await view.close();
  });

  await check('a hold that somebody else places meanwhile is told when one erases', async () => {
    const view = await open(browser, { key: officer.secret, path: `/shoppers/Profile/${id}`, locale: 'pt-BR' });
    const { page } = view;
    await page.getByRole('button', { name: 'Apagar…' }).click();
    const { placeLegalHold } = await control(place, { s: id, r: 'case-89' });
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Para confirmar/).fill(id.slice(-12));
    await dialog.getByRole('button', { name: 'Apagar de vez' }).click();
    await dialog.getByText('O cliente está sob retenção legal').waitFor();
    assert.ok((await data('query($id: ID!) { profile(id: $id) { id } }', { id })).profile);
    await control(release, { id: placeLegalHold.id });
    quiet(view);
    await view.close();
  });

  await check(
    'an erasure is confirmed by the id, leads to what was done, and leaves nothing in the browser',
    async () => {
      const view = await open(browser, { key: officer.secret, path: '/shoppers/Profile' });
      const { page } = view;
      await settled(page);
      await page.getByLabel('Find by').selectOption({ label: 'Id' });
      await page.getByLabel('Id', { exact: true }).fill(id);
      await page.getByRole('button', { name: 'Find', exact: true }).click();
      await page.getByRole('button', { name: 'Erase…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Erase this shopper' });
      const sure = dialog.getByRole('button', { name: 'Erase for good' });
      await dialog.getByLabel('Reference').fill('Ermentrude, please');
      await dialog.getByLabel(/^To confirm, type/).fill(id.slice(-12));
      assert.ok(await sure.isDisabled(), 'it is done with a sentence for a reference');
      await dialog.getByLabel('Reference').fill('DSR-2026/17');
      await dialog.getByLabel(/^To confirm, type/).fill('');
      await shot(page, '1280-light-erase');
      await confirm(page, id.slice(-12), 'Erase for good');

      await page.waitForURL(`**/erasures/${id}`);
      await heading(page, 'Erasure');
      await page.getByText('Everything about this shopper is erased').waitFor();
      await page.getByText('2 documents, 3 versions').waitFor();
      await page.getByText('DSR-2026/17').waitFor();
      assert.equal((await data('query($id: ID!) { profile(id: $id) { id } }', { id })).profile, null);
      await accessible(page, 'an erasure');
      await shot(page, '1280-light-erasure');
      await page.goBack();
      await heading(page, 'Shoppers');
      await settled(page);
      await nowhere(view, [email, 'Ermentrude']);
      quiet(view);
      await view.close();
    },
  );

  await check('erasures are listed, with a certificate that verifies without the server', async () => {
    const held = await newShopper({ email: 'held@example.com' });
    const { placeLegalHold } = await control(place, { s: held, r: 'case-90' });
    const view = await open(browser, { key: officer.secret, path: '/erasures' });
    const { page } = view;
    await heading(page, 'Erasures');
    await page.getByRole('region', { name: 'Legal holds' }).getByText('case-90').waitFor();
    const row = page.getByRole('row').filter({ hasText: id });
    await row.getByText('DSR-2026/17').waitFor();
    await row.getByText(officer.actor).waitFor();
    await row.getByText('2 documents').waitFor();
    await row.getByText('3 versions').waitFor();
    await accessible(page, 'erasures');
    await shot(page, '1280-light-erasures-filled');
    await picture(page, 'erasures');
    const path = await saved(page, row.getByRole('button', { name: 'Certificate' }));
    assert.ok(path.endsWith(`/erasure-${id}.json`));
    if (process.env.PROGRAM) {
      const { auditVerification } = await control('{ auditVerification { publicKey } }');
      const run = promisify(execFile);
      const verify = (file) =>
        run(process.env.PROGRAM, ['subject', 'verify', file, '--key', auditVerification.publicKey]);
      const { stdout } = await verify(path);
      assert.match(stdout, new RegExp(`data subject ${id} .*documents: 2, versions: 3`));
      const { erasure } = await control('query($s: ID!) { erasure(subject: $s) { certificate } }', { s: id });
      const forged = `${artifacts}/erasure-forged.json`;
      await writeFile(forged, JSON.stringify(erasure.certificate).replaceAll(id, id.replace(/.$/, 'x')));
      await assert.rejects(verify(forged), 'a forged certificate verifies');
    }
    await row.getByRole('link').click();
    await heading(page, 'Erasure');
    const again = await saved(page, page.getByRole('button', { name: 'Certificate' }));
    assert.equal(again, path);
    quiet(view);
    await view.close();
    await control(release, { id: placeLegalHold.id });
    await data('mutation($id: ID!) { deleteProfile(id: $id) }', { id: held });
  });

  await check('an erasure under way is told as such, without a certificate', async () => {
    const view = await open(browser, { key: officer.secret });
    const { page } = view;
    // The real answers, but for the date.
    let underWay = true;
    await page.route('**/control/graphql', async (route) => {
      if (!/query Erasures?\(/.test(route.request().postData() ?? '')) return route.fallback();
      const response = await route.fetch();
      const json = await response.json();
      for (const erasure of [json.data.erasure ?? json.data.erasures].flat())
        if (underWay) erasure.completionDate = null;
      return route.fulfill({ response, json });
    });
    await page.goto(`${base}/console/erasures`);
    const row = page.getByRole('row').filter({ hasText: id });
    await row.getByText('under way').waitFor();
    assert.equal(await row.getByRole('button', { name: 'Certificate' }).count(), 0);
    await row.getByRole('link').click();
    await page.getByText('The erasure is under way').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Certificate' }).count(), 0);
    await accessible(page, 'an erasure under way');
    underWay = false; // the page asks again by itself
    await page.getByText('Everything about this shopper is erased').waitFor();
    quiet(view);
    await view.close();
  });

  await check('legal holds are listed page by page, and released', async () => {
    const held = await newShopper({ email: 'held.by.many@example.com' });
    const ids = [];
    for (let i = 0; i < 53; i++) ids.push((await control(place, { s: held, r: `case/${i + 100}` })).placeLegalHold.id);
    const view = await open(browser, { key: officer.secret, path: '/erasures' });
    const { page } = view;
    const holds = page.getByRole('region', { name: 'Legal holds' });
    const rows = holds.getByRole('row').filter({ hasText: held });
    await rows.first().waitFor();
    assert.equal(await rows.count(), 50);
    await holds.getByRole('button', { name: 'Show more' }).click();
    await rows.nth(52).waitFor();
    const references = await holds.getByText(/^case\/\d+$/).allInnerTexts();
    assert.equal(new Set(references).size, 53, 'a hold is missing or shown twice');
    await accessible(page, 'legal holds');
    await rows.filter({ hasText: 'case/152' }).getByRole('button', { name: 'Release' }).click();
    await confirm(page, 'case/152', 'Release');
    await rows.nth(52).waitFor({ state: 'detached' });
    assert.equal(await rows.filter({ hasText: 'case/152' }).count(), 0);
    quiet(view);
    await view.close();
    const { legalHolds } = await control('query($s: ID!) { legalHolds(subject: $s, first: 200) { id } }', { s: held });
    assert.equal(legalHolds.length, 52);
    for (const hold of legalHolds) await control(release, { id: hold.id });
    await data('mutation($id: ID!) { deleteProfile(id: $id) }', { id: held });
  });

  await check('the record tells erasures and holds in words, and can be asked for what was done', async () => {
    const view = await open(browser, { key: officer.secret, path: `/audit?subject=${id}` });
    const { page } = view;
    for (const [said, times] of [
      ['placed a legal hold', 2],
      ['released a legal hold', 2],
      ['handed out all that is held of a shopper', 2],
      ['asked to erase a shopper', 1],
      ['began to erase a shopper', 1],
      ['erased a shopper', 1],
    ]) {
      const line = page.getByRole('listitem').filter({ hasText: new RegExp(` ${said}`) });
      await line.first().waitFor();
      assert.equal(await line.count(), times, said);
    }
    await page.getByLabel('Outcome').selectOption({ label: 'done' });
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/outcome=DONE/);
    await settled(page);
    await page.getByText('erased a shopper').waitFor();
    assert.equal(await page.getByText('began to erase a shopper').count(), 0);
    await accessible(page, 'what was done');
    quiet(view);
    await view.close();
  });

  await check('at 320 pixels, and by the keyboard alone', async () => {
    const gone = await newShopper({ email: 'gone.by.keyboard@example.com' });
    const view = await open(browser, { key: officer.secret, path: `/shoppers/Profile/${gone}`, size: 320 });
    const { page } = view;
    const button = page.getByRole('button', { name: 'Erase…' });
    await button.waitFor();
    await noSidewaysScroll(page);
    await button.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await accessible(page, 'erasing at 320 pixels');
    await shot(page, '320-light-erase');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.ok(await button.evaluate((e) => e === document.activeElement), 'the focus is lost');
    await page.keyboard.press('Enter');
    const confirmation = dialog.getByLabel(/^To confirm, type/);
    for (let i = 0; i < 5 && !(await confirmation.evaluate((e) => e === document.activeElement)); i++)
      await page.keyboard.press('Tab');
    await page.keyboard.type(gone.slice(-12));
    await page.keyboard.press('Enter');
    await page.getByText('Everything about this shopper is erased').waitFor();
    await settled(page);
    await noSidewaysScroll(page);
    await accessible(page, 'an erasure at 320 pixels');
    await page.goto(`${base}/console/erasures`);
    await page.getByText(gone).waitFor();
    await settled(page);
    await noSidewaysScroll(page);
    await accessible(page, 'erasures at 320 pixels');
    await shot(page, '320-light-erasures-filled', { fullPage: true });
    quiet(view);
    await view.close();
  });

  await check('only privacy officers find it, and only where a shopper is one of its own', async () => {
    const owner = await newShopper({ email: 'owner.of.one@example.com' });
    const { createAddress } = await data(
      'mutation($id: ID!) { createAddress(profileId: $id, input: {locality: "Recife"}) { id } }',
      { id: owner },
    );
    const editor = await keyFor('Editor', ['editor']);
    for (const [key, path] of [
      [editor.secret, `/shoppers/Profile/${owner}`],
      [officer.secret, `/shoppers/Address/${createAddress.id}`],
    ]) {
      const view = await open(browser, { key, path });
      await view.page.getByRole('region', { name: 'About' }).waitFor();
      await settled(view.page);
      for (const name of ['Erase…', 'Export…', 'Place hold…'])
        assert.equal(await view.page.getByRole('button', { name }).count(), 0, `${name} at ${path}`);
      quiet(view);
      await view.close();
    }
    const { createProspect } = await data(
      'mutation { createProspect(input: {email: "prospect.of.ours@example.com"}) { id } }',
    );
    const view = await open(browser, { key: officer.secret, path: `/shoppers/Prospect/${createProspect.id}` });
    await view.page.getByRole('button', { name: 'Erase…' }).click();
    await confirm(view.page, createProspect.id.slice(-12), 'Erase for good');
    await view.page.getByText('1 document, 1 version').waitFor();
    quiet(view);
    await view.close();
    await data('mutation($id: ID!) { deleteProfile(id: $id) }', { id: owner });
  });
}
