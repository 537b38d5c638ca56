import { base64, bytesAsJson, valueAsJson, visible } from "@laminar/disk/command-line";
import { msgpackCodec } from "@laminar/wal";

export const VALUE_FORMS = ["msgpack", "text", "base64"] as const;

/** How values are shown. */
export type ValueForm = (typeof VALUE_FORMS)[number];

/** A key and its value as one line of JSON; the usage of `recover` describes it. */
export function stateLine(key: Uint8Array, value: Uint8Array, form: ValueForm): string {
  return visible(JSON.stringify({ key: bytesAsJson(key), ...FIELDS[form](value) }));
}

const FIELDS: Readonly<Record<ValueForm, (value: Uint8Array) => object>> = {
  msgpack: asMessagePack,
  text: asText,
  base64: (value) => ({ value: { base64: base64(value) } }),
};

function asText(value: Uint8Array): object {
  return { value: bytesAsJson(value) };
}

const messagePack = msgpackCodec<unknown>();

/** Decoded where it is MessagePack, as bytes where it isn't. */
function asMessagePack(value: Uint8Array): object {
  let decoded: unknown;
  try {
    decoded = messagePack.decode(value);
  } catch {
    return asText(value);
  }
  return { decoded: valueAsJson(decoded) };
}
