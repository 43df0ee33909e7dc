import { createRoot } from "react-dom/client";
import { Counter } from "./counter";

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<Counter />);
