/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

export type JsonObject = { [name: string]: Json };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const leaf = String.raw`(?:"(?:[^"\\]|\\.)*"|[-+.\deE]+|true|false|null)`;
const shortList = new RegExp(String.raw`\[\n\s+(${leaf}(?:,\n\s+${leaf})*)\n\s+\]`, 'g');

/** JSON as people read it: indented, with short lists on one line. */
export const pretty = (value: unknown) =>
  JSON.stringify(value, null, 2).replace(shortList, (list, inner: string) => {
    const line = `[${inner.replace(/,\n\s+/g, ', ')}]`;
    return line.length <= 72 ? line : list;
  });
