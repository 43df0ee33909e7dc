/** `npm start`: sets up, builds, and serves the page on this computer. */
import { buildAll } from "./build.mjs";
import { serveDist } from "./serve.mjs";
import { main } from "./step.mjs";

await main(async () => {
  await buildAll({ quick: true });
  await serveDist();
});
