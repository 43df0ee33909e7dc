/**
 * How the page is served: policies, headers and media types, and the files that tell a web server about them.
 * `node tools/hosting.mjs` writes those in `deploy/`; the build writes the ones that a server reads beside the page.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isStarted, main, root } from "./step.mjs";

/** What the served page may do. Workers start from a `Blob`; its service worker is a file. */
const pagePolicy = {
  "default-src": ["'none'"],
  "script-src": ["'self'", "'wasm-unsafe-eval'"],
  "worker-src": ["'self'", "blob:"],
  "style-src": ["'self'"],
  // Its own server for the icons with which it is installed.
  "img-src": ["'self'", "blob:", "data:"],
  "connect-src": ["'self'"],
  "manifest-src": ["'self'"],
  "base-uri": ["'none'"],
  "form-action": ["'none'"],
  "require-trusted-types-for": ["'script'"],
  "trusted-types": ["nucleoscope", "nucleoscope-loader"],
};

/** The directives that no `<meta>` can have: which pages may show this one in a frame. */
const framing = ({ ancestors = [] } = {}) => ({ "frame-ancestors": ["'self'", ...ancestors] });

/** HTML files with a policy of their own, because their scripts and styles are inside; the header adds to it. */
const selfContained = ["guide.html", "nucleoscope.html"];

/** The same for every file. Names are not hashed, so the browser asks whether a file has changed. */
const commonHeaders = {
  "Cache-Control": "no-cache",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": [
    ...["accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"],
    ...[
      "gyroscope",
      "magnetometer",
      "microphone",
      "midi",
      "payment",
      "picture-in-picture",
      "usb",
      "xr-spatial-tracking",
    ],
  ]
    .map((feature) => `${feature}=()`)
    .join(", "),
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** Media types by the ends of names. */
export const mediaTypes = {
  css: "text/css",
  html: "text/html",
  jpg: "image/jpeg",
  js: "text/javascript",
  json: "application/json",
  map: "application/json",
  onnx: "application/octet-stream",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
};

/** Media types that are sent with their encoding. */
const isText = (type) => type.startsWith("text/");

/** Media types that become smaller when they are compressed. */
const compressed = [...new Set(Object.values(mediaTypes))].filter((type) => !/^image\/(png|jpeg)$/.test(type));

/** A policy as it is written in a header or a `<meta>`. */
export function policyText(policy) {
  return Object.entries(policy)
    .map(([directive, values]) => `${directive} ${values.join(" ")}`)
    .join("; ");
}

/** The policy in the page's `<meta>`, for hosts on which headers cannot be set. */
export const metaPolicy = policyText(pagePolicy);

/** The headers of a file by its name in `www/dist`, without media type and length. `ancestors` may show it in a frame. */
export function headersOf(name, options) {
  const policy = selfContained.includes(name) ? framing(options) : { ...pagePolicy, ...framing(options) };
  return { ...commonHeaders, "Content-Security-Policy": policyText(policy) };
}

/** The media type of a file, as it is sent. */
export function typeOf(name) {
  const type = mediaTypes[name.split(".").at(-1)] ?? "application/octet-stream";
  return isText(type) ? `${type}; charset=utf-8` : type;
}

const policyHeader = "Content-Security-Policy";
const pageHeaders = headersOf("index.html");
const policyOf = (name) => headersOf(name)[policyHeader];
const origin = "Written by tools/hosting.mjs, from the same list as the headers of the tests' server.";

function nginx() {
  const types = Object.entries(groupedTypes()).map(([type, ends]) => `    ${type} ${ends.join(" ")};`);
  const headers = Object.entries(commonHeaders).map(([name, value]) => `  add_header ${name} "${value}" always;`);
  return `# Nucleoscope on nginx: the contents of www/dist are in /var/www/nucleoscope.
# ${origin}
# Add the origins of other sites that may show the page in a frame after frame-ancestors 'self'.
map $uri $nucleoscope_policy {
  default "${policyOf("index.html")}";
${selfContained.map((name) => `  ~/${name.replace(".", "\\.")}$ "${policyOf(name)}";`).join("\n")}
}

server {
  listen 80;
  server_name nucleoscope.example;
  root /var/www/nucleoscope;
  server_tokens off;

  types {
${types.join("\n")}
  }
  default_type application/octet-stream;
  charset utf-8;
  charset_types ${Object.values(mediaTypes)
    .filter((type) => isText(type) && type !== "text/html")
    .join(" ")};

  # Not in a location: a location with headers of its own would have none of these.
${headers.join("\n")}
  add_header ${policyHeader} $nucleoscope_policy always;

  gzip on;
  gzip_vary on;
  gzip_min_length 1000;
  gzip_types ${compressed.filter((type) => type !== "text/html").join(" ")};

  # Files for other servers.
  location ~ /(\\.|_headers$|web\\.config$) {
    return 404;
  }
}
`;
}

function apache() {
  const types = Object.entries(groupedTypes()).map(
    ([type, ends]) => `AddType ${type} ${ends.map((end) => `.${end}`).join(" ")}`,
  );
  const texts = Object.entries(mediaTypes).filter(([, type]) => isText(type));
  return `# Nucleoscope on Apache: beside index.html. Needs mod_headers, and "AllowOverride All" or at least
# "AllowOverride AuthConfig FileInfo".
# ${origin}
${types.join("\n")}
AddCharset utf-8 ${texts.map(([end]) => `.${end}`).join(" ")}

<IfModule mod_headers.c>
${Object.entries(pageHeaders)
  .map(([name, value]) => `  Header always set ${name} "${value}"`)
  .join("\n")}
${selfContained
  .map((name) => `  <Files "${name}">\n    Header always set ${policyHeader} "${policyOf(name)}"\n  </Files>`)
  .join("\n")}
</IfModule>

<IfModule mod_deflate.c>
  AddOutputFilterByType DEFLATE ${compressed.join(" ")}
</IfModule>

# Files for other servers.
<FilesMatch "^(_headers|web\\.config)$">
  Require all denied
</FilesMatch>
`;
}

function iis() {
  const line = (indent, text) => `${" ".repeat(indent)}${text}`;
  const header = (indent, name, value) => [
    line(indent, `<remove name="${name}" />`),
    line(indent, `<add name="${name}" value="${value}" />`),
  ];
  const types = Object.entries(mediaTypes).flatMap(([end]) => [
    line(6, `<remove fileExtension=".${end}" />`),
    line(6, `<mimeMap fileExtension=".${end}" mimeType="${typeOf(`.${end}`)}" />`),
  ]);
  const locations = selfContained.flatMap((name) => [
    line(2, `<location path="${name}">`),
    line(4, "<system.webServer>"),
    line(6, "<httpProtocol>"),
    line(8, "<customHeaders>"),
    ...header(10, policyHeader, policyOf(name)),
    line(8, "</customHeaders>"),
    line(6, "</httpProtocol>"),
    line(4, "</system.webServer>"),
    line(2, "</location>"),
  ]);
  return `<?xml version="1.0" encoding="utf-8"?>
<!-- Nucleoscope on IIS: beside index.html. ${origin} -->
<configuration>
  <system.webServer>
    <staticContent>
${types.join("\n")}
    </staticContent>
    <httpProtocol>
      <customHeaders>
        <remove name="X-Powered-By" />
${Object.entries(pageHeaders)
  .flatMap(([name, value]) => header(8, name, value))
  .join("\n")}
      </customHeaders>
    </httpProtocol>
    <urlCompression doStaticCompression="true" />
  </system.webServer>
${locations.join("\n")}
</configuration>
`;
}

/** For hosts that read `_headers`, such as Cloudflare Pages and Netlify. They join the values of all rules that apply. */
function headersFile() {
  const rule = (path, headers) =>
    `${path}\n${Object.entries(headers)
      .map(([name, value]) => `  ${name}: ${value}`)
      .join("\n")}`;
  const policyRule = (path, name) => rule(path, { [policyHeader]: policyOf(name) });
  // Cloudflare Pages serves guide.html as /guide.
  const paths = ["/", "/index.html", "/service-worker.js"].map((path) => [path, "index.html"]);
  for (const name of selfContained) paths.push([`/${name}`, name], [`/${name.replace(".html", "")}`, name]);
  return `# Nucleoscope on Cloudflare Pages or Netlify: beside index.html.
# ${origin}
${[rule("/*", commonHeaders), ...paths.map(([path, name]) => policyRule(path, name))].join("\n")}
`;
}

/** Ends of names by media type. */
function groupedTypes() {
  const grouped = {};
  for (const [end, type] of Object.entries(mediaTypes)) {
    grouped[type] ??= [];
    grouped[type].push(end);
  }
  return grouped;
}

/** Files that a server reads in the folder of the page, and which are no part of it. */
const besidePage = { ".htaccess": apache, _headers: headersFile, "web.config": iis };

/** Whether a file in the built page's folder is for its server. */
export const isForServer = (name) => Object.hasOwn(besidePage, name);

/** Every example by its name in `deploy/`. */
export function examples() {
  const made = { ...besidePage, "nginx.conf": nginx };
  return Object.fromEntries(Object.entries(made).map(([name, make]) => [name, make()]));
}

/** Writes the files for servers into the folder of the built page. */
export function writeHosting(folder) {
  for (const [name, make] of Object.entries(besidePage)) writeFileSync(join(folder, name), make());
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    const folder = join(root, "deploy");
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(examples())) writeFileSync(join(folder, name), text);
  });
}
