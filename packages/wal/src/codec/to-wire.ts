import { DEPTH_MAX, NEGATIVE_ZERO, tagged, textWire, UNDEFINED, type Wire } from "./wire-form.ts";

/** One step into a value: a property, an index, a Map's key by its place, a Map's value by its key. */
type Step = string | number | { readonly keyAt: number } | { readonly get: unknown };

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const LONE_SURROGATE = /\p{Surrogate}/u;
const NAME = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;
const PATH_LENGTH_MAX = 200;

/** The form in which `entry` is packed, a copy; `TypeError` or `RangeError` for what would not come back as it is. */
export function toWire(entry: unknown): Wire {
  return new Walk().wire(entry);
}

/** Knows where it is, so that a refusal can say it. */
class Walk {
  readonly #path: Step[] = [];
  readonly #ancestors: object[] = [];

  wire(value: unknown): Wire {
    switch (typeof value) {
      case "boolean":
        return value;
      case "string":
        return this.#text(value);
      case "number":
        return Object.is(value, -0) ? tagged(NEGATIVE_ZERO) : value;
      case "bigint":
        if (value < INT64_MIN || value > UINT64_MAX) throw new RangeError(`${this.#where}: a bigint beyond 64 bits can't be stored`);
        return value;
      case "undefined":
        return tagged(UNDEFINED);
      case "object":
        return value === null ? null : this.#object(value);
      case "function":
      case "symbol":
      default:
        throw this.#refusal(`a ${typeof value}`);
    }
  }

  #text(value: string): Wire {
    this.#requireWellFormed(value);
    const wire = textWire(value);
    return typeof wire === "string" ? wire : tagged(wire);
  }

  #requireWellFormed(text: string): void {
    if (LONE_SURROGATE.test(text)) throw new RangeError(`${this.#where}: a string with half a surrogate pair can't be stored`);
  }

  #object(value: object): Wire {
    if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (value instanceof Date && prototype === Date.prototype) return this.#date(value);
    if (this.#ancestors.includes(value)) throw this.#refusal("a value that contains itself");
    if (this.#ancestors.length === DEPTH_MAX) throw new RangeError(`${this.#where}: what is nested more than ${DEPTH_MAX} deep can't be stored`);
    this.#ancestors.push(value);
    const wire = this.#container(value, prototype);
    this.#ancestors.pop();
    return wire;
  }

  #container(value: object, prototype: unknown): Wire {
    if (Array.isArray(value)) {
      if (prototype === Array.prototype) return this.#array(value);
    } else if (prototype === Object.prototype || prototype === null) return this.#plain(value as Readonly<Record<string, unknown>>);
    else if (value instanceof Map && prototype === Map.prototype) return this.#map(value);
    throw this.#refusal(kindOf(value));
  }

  #date(value: Date): Wire {
    const time = value.getTime();
    if (Number.isNaN(time)) throw new RangeError(`${this.#where}: an invalid Date can't be stored`);
    return tagged(time);
  }

  #array(value: readonly unknown[]): Wire {
    const keys = Object.keys(value);
    // Indexes come first among keys: the last one tells holes and named properties at once.
    const whole = keys.length === value.length && (value.length === 0 || keys.at(-1) === String(value.length - 1));
    if (!whole) throw this.#refusal("an array with holes or with properties of its own");
    return value.map((item, index) => this.#at(index, item));
  }

  #plain(value: Readonly<Record<string, unknown>>): Wire {
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#refusal("an object with symbols as keys");
    const wire = new Map<Wire, Wire>();
    for (const key of Object.keys(value)) {
      this.#requireWellFormed(key);
      wire.set(textWire(key), this.#at(key, value[key]));
    }
    return wire;
  }

  #map(value: ReadonlyMap<unknown, unknown>): Wire {
    const wires: Wire[] = [];
    for (const [key, item] of value) {
      wires.push(this.#at({ keyAt: wires.length / 2 }, key));
      wires.push(this.#at({ get: key }, item));
    }
    return tagged(wires);
  }

  #at(step: Step, value: unknown): Wire {
    this.#path.push(step);
    const wire = this.wire(value);
    this.#path.pop();
    return wire;
  }

  #refusal(what: string): TypeError {
    return new TypeError(`${this.#where}: ${what} can't be stored`);
  }

  get #where(): string {
    const path = `entry${this.#path.map(stepText).join("")}`;
    return path.length > PATH_LENGTH_MAX ? `${path.slice(0, PATH_LENGTH_MAX)}…` : path;
  }
}

function stepText(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "string") return NAME.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  if ("keyAt" in step) return `.keys()[${step.keyAt}]`;
  const { get: key } = step;
  return `.get(${typeof key === "string" ? JSON.stringify(key) : typeof key === "object" && key !== null ? "…" : String(key)})`;
}

function kindOf(value: object): string {
  const { constructor } = value;
  if (typeof constructor !== "function" || constructor === Object || constructor.name === "") return "an object with a prototype of its own";
  return `an instance of ${constructor.name}`;
}
