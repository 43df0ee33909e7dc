import { useState } from "react";
import { useMinimumArea, useNuclei } from "./use-nuclei";

/** Counts the nuclei in an image, and counts them again while the setting is moved. */
export function Counter() {
  const [file, setFile] = useState<File>();
  const [minimumArea, setMinimumArea] = useState(25);
  const { share, image, error } = useNuclei(file);
  const adjusted = useMinimumArea(image, minimumArea);
  return (
    <main>
      <label>
        Image <input type="file" onChange={({ target }) => setFile(target.files?.[0])} />
      </label>
      <label>
        Minimum area{" "}
        <input
          type="range"
          min={0}
          max={400}
          value={minimumArea}
          onChange={({ target }) => setMinimumArea(target.valueAsNumber)}
        />{" "}
        {minimumArea} px²
      </label>
      <progress value={share} />
      <p role="status">{error ? error.message : adjusted ? `${adjusted.count} nuclei` : "Choose an image."}</p>
    </main>
  );
}
