/** A figure and its unit, apart, so that the page can set them apart. */
export interface Figure {
  value: string;
  unit: string;
}

const NONE = "–";

export function fps(value: number): Figure {
  return { value: value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(1), unit: "fps" };
}

/** Bits per second, with two or three digits. */
export function bitrate(value: number): Figure {
  if (value >= 999_500) return { value: (value / 1e6).toFixed(value < 9.95e6 ? 1 : 0), unit: "Mb/s" };
  return { value: (value / 1e3).toFixed(0), unit: "kb/s" };
}

export function milliseconds(value: number | null): Figure {
  if (value === null) return { value: NONE, unit: "ms" };
  return { value: value.toFixed(value < 9.95 ? 1 : 0), unit: "ms" };
}

export function count(value: number): Figure {
  return { value: value >= 10_000 ? `${(value / 1000).toFixed(0)}k` : value.toFixed(0), unit: "" };
}

export function plain({ value, unit }: Figure): string {
  return unit === "" ? value : `${value} ${unit}`;
}

/** A position of a slider (0 to 1) on a logarithmic scale, rounded to two digits. */
export function fromLog(position: number, min: number, max: number): number {
  const value = min * (max / min) ** position;
  const power = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.min(max, Math.max(min, Math.round(value / power) * power));
}

export function toLog(value: number, min: number, max: number): number {
  return Math.log(Math.min(max, Math.max(min, value)) / min) / Math.log(max / min);
}
