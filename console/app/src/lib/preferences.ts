// What the browser keeps between visits: looks and saved questions to the record. Never a credential, never a
// value of a document.
type Name = 'language' | 'theme' | 'audit-queries';

const key = (name: Name) => `profilegraph.${name}`;

export function kept(name: Name): string | null {
  try {
    return localStorage.getItem(key(name));
  } catch {
    return null;
  }
}

export function keep(name: Name, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key(name));
    else localStorage.setItem(key(name), value);
  } catch {
    /* a browser that keeps nothing */
  }
}
