import { createEngine, type Engine, type SegmentedImage, segment } from "nucleoscope";
import { useEffect, useState } from "react";

/** One engine for the whole application: it loads its files once, and its workers are shared. */
let engine: Promise<Engine> | undefined;

/** An image's nuclei, the finished share of the work, from 0 to 1, or the reason why there are none. */
export interface Nuclei {
  readonly share: number;
  readonly image?: SegmentedImage;
  readonly error?: Error;
}

/** Segments a file. Work that is no longer needed is cancelled. */
export function useNuclei(file: File | undefined): Nuclei {
  const [nuclei, setNuclei] = useState<Nuclei>({ share: 0 });
  useEffect(() => {
    if (file === undefined) return;
    const controller = new AbortController();
    const { signal } = controller;
    const run = async () => {
      try {
        engine ??= createEngine();
        const onProgress = (share: number) => setNuclei({ share });
        const image = await segment(await engine, file, { keepPrediction: true, signal, onProgress });
        setNuclei({ share: 1, image });
      } catch (error) {
        if (!signal.aborted) setNuclei({ share: 0, error: error as Error });
      }
    };
    void run();
    return () => controller.abort();
  }, [file]);
  return nuclei;
}

/** The same image with another setting; the network does not run again. */
export function useMinimumArea(image: SegmentedImage | undefined, minimumArea: number): SegmentedImage | undefined {
  const [adjusted, setAdjusted] = useState<SegmentedImage>();
  useEffect(() => {
    let isCurrent = true;
    // Not cancelled when the slider moves on: that would stop the worker, and this takes only milliseconds.
    void image?.adjust({ minimumArea }).then((result) => {
      if (isCurrent) setAdjusted(result);
    });
    return () => {
      isCurrent = false;
    };
  }, [image, minimumArea]);
  return image && adjusted;
}
