import { CAPABILITIES, PROBE_CODECS } from "../protocol/types.ts";

/** Whether this browser can decode video here, or why it cannot and shows images. */
export type VideoSupport = "supported" | "insecure-context" | "no-webcodecs" | "no-h264" | "decoder-failed" | "disabled";

/** What this client can show, in the words of `hello`. */
export interface Capabilities {
  supported: string[];
  video: VideoSupport;
}

/** What the probe needs of its surroundings. */
export interface ProbeScope {
  isSecureContext: boolean;
  isConfigSupported: ((config: VideoDecoderConfig) => Promise<{ supported?: boolean }>) | null;
}

const IMAGES = [CAPABILITIES.jpeg, CAPABILITIES.png, CAPABILITIES.webp];

/** Constrained Baseline at level 4.0 and at 3.1: a decoder that takes neither is of no use for a screen. */
const H264_PROBES: VideoDecoderConfig[] = [
  { codec: "avc1.42E028", codedWidth: 1920, codedHeight: 1080, optimizeForLatency: true },
  { codec: PROBE_CODECS.h264, codedWidth: 1280, codedHeight: 720, optimizeForLatency: true },
];

const HEVC_PROBE: VideoDecoderConfig = {
  codec: PROBE_CODECS.hevc,
  codedWidth: 1280,
  codedHeight: 720,
  optimizeForLatency: true,
};

/** Asks the browser what it decodes. `without` rules video out from the start, with the reason to report. */
export async function probe(scope: ProbeScope, without: "decoder-failed" | "disabled" | null): Promise<Capabilities> {
  if (without) return { supported: [...IMAGES], video: without };
  const { isConfigSupported } = scope;
  if (!isConfigSupported) {
    return { supported: [...IMAGES], video: scope.isSecureContext ? "no-webcodecs" : "insecure-context" };
  }
  const answers = async (config: VideoDecoderConfig): Promise<boolean> => {
    try {
      return (await isConfigSupported(config)).supported === true;
    } catch {
      return false;
    }
  };
  const [full, small, hevc] = await Promise.all([...H264_PROBES, HEVC_PROBE].map(answers));
  const supported: string[] = [...IMAGES];
  if (full || small) supported.push(CAPABILITIES.h264);
  if (hevc) supported.push(CAPABILITIES.hevc);
  return { supported, video: full || small ? "supported" : "no-h264" };
}
