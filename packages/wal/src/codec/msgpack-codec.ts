import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import type { WalCodec } from "../wal-entry.ts";
import { plainView } from "./bytes-codec.ts";
import { requireMessagePack } from "./msgpack-scan.ts";
import { toWire } from "./to-wire.ts";
import { fromWire, type Wire } from "./wire-form.ts";

/**
 * MessagePack for any plain type: null, undefined, booleans, numbers, bigints of 64 bits, strings, `Uint8Array`, `Date`,
 * arrays, plain objects (their own enumerable properties with string keys) and `Map`, nested at most 128 deep. What comes
 * back equals what was appended: -0 stays -0, a bigint a bigint, `undefined` is kept where it stands, and no key is special.
 * Three things come back without their finery: an object without a prototype as an ordinary one, a `Buffer` as a plain
 * `Uint8Array`, and one object that stands in two places as two.
 *
 * `encode` refuses everything else with a `TypeError` or `RangeError` that says where in the entry it stands: functions,
 * symbols, class instances (`Set`, `RegExp`, `Error` and typed arrays too), invalid dates, bigints beyond 64 bits, strings
 * with half a surrogate pair, arrays with holes or properties of their own, and what contains itself. A getter is called
 * once. The bytes returned are a view of a buffer that msgpackr goes on filling behind them: the log copies them at once,
 * and whoever keeps them should.
 *
 * `decode` is safe on bytes of any origin: it takes no memory for a length that they only claim, sets no prototype, knows no
 * extension types, and throws `TypeError` or `RangeError` for what isn't one such value. A `Uint8Array` in the result is a
 * view of the bytes that were given: it stays valid for ever, and keeping one keeps its whole batch (about a mebibyte) in
 * memory. `T` is what you say it is; nothing checks that the log holds entries of it.
 */
export function msgpackCodec<T>(): WalCodec<T> {
  // Neither records nor extensions: each entry stands for itself.
  const packr = new Packr({ useRecords: false });
  const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: "bigint" });
  return {
    encode(entry) {
      const bytes = plainView(packr.pack(toWire(entry)));
      // Extensions are registered for a whole process: what one of somebody else's has written can't be read again here.
      requireMessagePack(bytes);
      return bytes;
    },
    decode(bytes) {
      // msgpackr leaves a property on the array that it reads.
      const view = plainView(bytes);
      requireMessagePack(view);
      return fromWire(unpackr.unpack(view) as Wire) as T;
    },
  };
}
