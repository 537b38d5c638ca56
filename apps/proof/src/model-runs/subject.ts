import type { SimulatedDisk } from "@laminar/disk/testing";
import type { ReferenceModel } from "../reference-model.ts";
import type { ModelStep } from "./steps.ts";

/** What is held against the model. Throws where its answer is another one. */
export interface Subject {
  take(step: ModelStep): Promise<void>;
  close(): Promise<void>;
}

/** Opens what is on an empty disk, for an empty model. */
export type OpenSubject = (disk: SimulatedDisk, model: ReferenceModel) => Promise<Subject>;
