import { defineConfig } from "vite";

export default defineConfig({
  // In development, Vite would move the package's code away from the files that it loads.
  optimizeDeps: { exclude: ["nucleoscope"] },
});
