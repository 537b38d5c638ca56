// What is used of msgpackr, for this package's own build (`paths` in tsconfig.json): the declarations that it ships don't
// compile with `skipLibCheck: false`. No declaration that this package emits refers to it.

export declare class Packr {
  constructor(options: { readonly useRecords: false });
  pack(value: unknown): Uint8Array;
}

export declare class Unpackr {
  constructor(options: { readonly useRecords: false; readonly mapsAsObjects: false; readonly int64AsType: "bigint" });
  unpack(bytes: Uint8Array): unknown;
}
