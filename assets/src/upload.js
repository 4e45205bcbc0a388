// Entry of the upload page.
import { start } from "./upload/index.js";

const root = document.querySelector("[data-uploader]");
if (root) start(root);
