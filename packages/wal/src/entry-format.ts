/*
 * The four standard entries as MessagePack. An array whose first element is binary is a change of that key: [key, value]
 * puts, [key] deletes. One whose first element is a number is something else: [0, offsets, watermark or nil] commits,
 * [1, id] marks a checkpoint. Offsets and watermarks are always int64 or uint64. Everything here is format: a change of any
 * number makes existing logs unreadable.
 */
export const ARRAY = 0x90;
export const NIL = 0xc0;
export const BIN8 = 0xc4;
export const BIN16 = 0xc5;
export const BIN32 = 0xc6;
export const UINT64 = 0xcf;
export const INT64 = 0xd3;
export const STR8 = 0xd9;
export const STR16 = 0xda;
export const MAP16 = 0xde;
export const COMMIT = 0;
export const CHECKPOINT = 1;
/** More sources than this in one commit are refused. */
export const SOURCES_MAX = 0xffff;
/** A longer name of a source is refused. */
export const NAME_BYTES_MAX = 0xffff;
