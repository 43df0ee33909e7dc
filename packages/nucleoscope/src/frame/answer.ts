import { reportOf } from "../engine/engine-error.ts";
import type { ErrorReport } from "../engine/protocol.ts";
import type { NucleoScopeElement, NucleoScopeEventMap } from "../nucleo-scope.ts";
import * as text from "../text.ts";
import { isMessage, version, type FrameMessage, type FrameRequest, type SentFile } from "./protocol.ts";

const events: readonly (keyof NucleoScopeEventMap)[] = ["progress", "result", "selection", "edit", "remove", "error"];

/**
 * Lets the window that contains this page use an element of it, as `protocol.ts` describes. `origin` is the only
 * origin whose messages are answered; null answers nobody. Returns a function that ends it.
 */
export function answerRequests(element: NucleoScopeElement, container: Window, origin: string | null): () => void {
  if (origin === null) return () => {};
  const post = (message: FrameMessage): void => container.postMessage(message, origin);
  const answer = async ({ data, source, origin: sender }: MessageEvent): Promise<void> => {
    if (source !== container || sender !== origin || !isMessage(data) || data.kind !== "request") return;
    const request = data as FrameRequest;
    const { id } = request;
    try {
      if (data.nucleoscope !== version) throw unsupported(data.nucleoscope);
      post({ nucleoscope: version, kind: "answer", id, value: await answerOf(element, request) });
    } catch (error) {
      post({ nucleoscope: version, kind: "failure", id, error: isReport(error) ? error : reportOf(error) });
    }
  };
  const listen = (event: MessageEvent): void => void answer(event);
  window.addEventListener("message", listen);
  const forward = ({ type, detail }: CustomEvent): void =>
    post({ nucleoscope: version, kind: "event", name: type as keyof NucleoScopeEventMap, detail });
  for (const name of events) element.addEventListener(name, forward);
  post({ nucleoscope: version, kind: "ready" });
  return () => {
    window.removeEventListener("message", listen);
    for (const name of events) element.removeEventListener(name, forward as EventListener);
  };
}

async function answerOf(element: NucleoScopeElement, request: FrameRequest): Promise<unknown> {
  switch (request.method) {
    case "open":
      return element.open(filesOf(request as FrameRequest<"open">));
    case "segment":
      return element.segment(filesOf(request as FrameRequest<"segment">));
    case "measurements":
      return element.measurements();
    case "export":
      return element.export((request as FrameRequest<"export">).arguments.formats);
    case "set": {
      const { mode, diameter, settings, src } = (request as FrameRequest<"set">).arguments;
      if (mode !== undefined) element.mode = mode;
      if (diameter !== undefined) element.diameter = diameter;
      if (settings !== undefined) element.settings = settings;
      if (src !== undefined) element.src = src;
      return undefined;
    }
    default:
      throw failure("frame/unknown-method", text.unknownMethod(String(request.method)));
  }
}

function filesOf({ arguments: { files } }: { readonly arguments: { readonly files: readonly SentFile[] } }): File[] {
  return files.map(({ name, content }) => new File([content], name));
}

function unsupported(asked: number): ErrorReport {
  return failure("frame/unsupported-version", text.unknownVersion(version, asked));
}

function failure(code: string, message: string): ErrorReport {
  return { code, message, help: text.sameVersionHelp };
}

function isReport(error: unknown): error is ErrorReport {
  return typeof error === "object" && error !== null && !(error instanceof Error) && "code" in error;
}
