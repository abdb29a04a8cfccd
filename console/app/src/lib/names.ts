/** A name as people read it: firstName is First name, PurchaseInfo is Purchase info. */
export function spoken(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([a-z])(\d)/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The same of a path: loyalty.cardNumber is Loyalty › Card number. */
export const spokenPath = (path: string) => path.split('.').map(spoken).join(' › ');
