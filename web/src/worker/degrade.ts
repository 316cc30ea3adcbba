/** How to go on after a decoder failed. */
export type Remedy = "retry" | "software" | "images";

const RETRIES = 2;
const SOFTWARE_TRIES = 2;

/**
 * What to try after `failures` failures without a picture between them: the same again, then without the hardware decoder,
 * then images, which every browser can show.
 */
export function remedy(failures: number): Remedy {
  if (failures <= RETRIES) return "retry";
  return failures <= RETRIES + SOFTWARE_TRIES ? "software" : "images";
}
