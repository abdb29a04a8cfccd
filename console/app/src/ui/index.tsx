// The parts that every page is made of.
export * from './await';
export * from './boundary';
export * from './button';
export * from './dialog';
export * from './form';
export * from './notice';
export * from './page';
export * from './preferences';
export * from './table';
export * from './toast';
