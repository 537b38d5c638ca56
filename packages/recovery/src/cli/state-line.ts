import { msgpackCodec } from "@laminar/wal";
import { visible } from "./layout.ts";
import { base64, valueAsJson } from "./value-json.ts";

export const VALUE_FORMS = ["msgpack", "text", "base64"] as const;

/** How values are shown. */
export type ValueForm = (typeof VALUE_FORMS)[number];

/** A key and its value as one line of JSON; the usage of `recover` describes it. */
export function stateLine(key: Uint8Array, value: Uint8Array, form: ValueForm): string {
  return `${visible(JSON.stringify({ key: bytesAsJson(key), ...FIELDS[form](value) }))}\n`;
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

// A byte order mark is kept: it has to come back with the others.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** Text where the bytes are printable UTF-8, else `{ base64 }`: the type tells which, and both give back exactly the bytes. */
function bytesAsJson(bytes: Uint8Array): string | { readonly base64: string } {
  try {
    const text = utf8.decode(bytes);
    if (!CONTROL.test(text)) return text;
  } catch {
    // Not UTF-8.
  }
  return { base64: base64(bytes) };
}
