export { readLogImage, type LogImage, type ReadImage } from "./read-log-image.ts";
