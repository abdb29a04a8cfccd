// The three languages say the same things.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const read = async (language) =>
  JSON.parse(await readFile(new URL(`../src/messages/${language}.json`, import.meta.url), 'utf8'));
const places = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
const english = await read('en');

for (const language of ['pt', 'es']) {
  test(`${language} has the keys of en, with the same places for values`, async () => {
    const messages = await read(language);
    assert.deepEqual(Object.keys(messages), Object.keys(english));
    for (const [key, text] of Object.entries(messages)) {
      assert.ok(text.trim(), `${key} is empty`);
      assert.deepEqual(places(text), places(english[key]), key);
    }
  });
}
