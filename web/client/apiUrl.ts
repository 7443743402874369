import type { Plugin } from "vite";

/** Names the API's server in the page, if the client is built to be served from another host. */
export function apiUrl(): Plugin {
  const content = process.env.VITE_API_URL;
  return {
    name: "api-url",
    apply: "build",
    transformIndexHtml: () =>
      content ? [{ tag: "meta", attrs: { name: "api-url", content }, injectTo: "head" }] : [],
  };
}
