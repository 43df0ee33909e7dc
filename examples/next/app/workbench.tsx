"use client";

import type { ImageResult, NucleoScopeElement } from "nucleoscope/element";
import "nucleoscope/element";
import { type DetailedHTMLProps, type HTMLAttributes, useEffect, useRef, useState } from "react";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "nucleo-scope": DetailedHTMLProps<HTMLAttributes<NucleoScopeElement>, NucleoScopeElement> & { assets?: string };
    }
  }
}

/** The workbench, and the count of each image, which also follows settings and corrections. */
export function Workbench() {
  const element = useRef<NucleoScopeElement>(null);
  const [results, setResults] = useState<readonly ImageResult[]>([]);
  useEffect(() => {
    const { current } = element;
    const update = () => queueMicrotask(() => setResults(current?.results ?? []));
    // The selection changes, too, when an image is removed.
    for (const name of ["result", "selection"]) current?.addEventListener(name, update);
    return () => {
      for (const name of ["result", "selection"]) current?.removeEventListener(name, update);
    };
  }, []);
  return (
    <>
      <nucleo-scope ref={element} assets="/nucleoscope/" />
      <ul aria-label="Counts">
        {results.map(({ path, count }) => (
          <li key={path}>
            {path}: {count} nuclei
          </li>
        ))}
      </ul>
    </>
  );
}
