import { expect, it } from "vitest";
import { remedy } from "./degrade.ts";

it("tries again, then software, then images", () => {
  expect([1, 2, 3, 4, 5, 50].map(remedy)).toEqual(["retry", "retry", "software", "software", "images", "images"]);
});
