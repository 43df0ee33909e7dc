import { Workbench } from "./workbench";

/** Rendered on the server; the workbench starts in the browser. */
export default function Page() {
  return (
    <main>
      <h1>Nuclei</h1>
      <Workbench />
    </main>
  );
}
