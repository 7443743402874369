import type { Plugin } from "vite";

/** Adds the URL of the API's server to the page if another host serves the client. */
export function apiUrl(): Plugin {
  const content = process.env.VITE_API_URL;
  return {
    name: "api-url",
    apply: "build",
    transformIndexHtml: () =>
      content ? [{ tag: "meta", attrs: { name: "api-url", content }, injectTo: "head" }] : [],
  };
}
