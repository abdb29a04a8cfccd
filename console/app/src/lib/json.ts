/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

export type JsonObject = { [name: string]: Json };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether all digits of the whole numbers in a value were kept when it was read from text. */
export const exact = (value: Json): boolean => {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every(exact);
  return !isObject(value) || Object.values(value).every(exact);
};

const leaf = String.raw`(?:"(?:[^"\\]|\\.)*"|[-+.\deE]+|true|false|null)`;
const shortList = new RegExp(String.raw`\[\n\s+(${leaf}(?:,\n\s+${leaf})*)\n\s+\]`, 'g');

/** Indented JSON with short lists on one line. */
export const compact = (indented: string) =>
  indented.replace(shortList, (list, inner: string) => {
    const line = `[${inner.replace(/,\n\s+/g, ', ')}]`;
    return line.length <= 72 ? line : list;
  });

/** JSON as people read it. */
export const pretty = (value: unknown) => compact(JSON.stringify(value, null, 2));
