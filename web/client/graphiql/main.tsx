import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./graphiql.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createRoot } from "react-dom/client";

import { tabs } from "./tabs.ts";

const url = new URL("/graphql", window.location.href);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

// GraphiQL sends the headers as connectionParams only with `subscriptionUrl`, not with `wsClient`.
const fetcher = createGraphiQLFetcher({
  url: url.pathname,
  subscriptionUrl: subscriptionUrl.href,
  // CSRF protection: requests with the session cookie need a header that no HTML form can send.
  headers: { "X-Requested-With": "GraphiQL" },
  enableIncrementalDelivery: false,
});

// eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- index.html contains it
createRoot(document.getElementById("graphiql")!).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[HISTORY_PLUGIN, explorerPlugin()]}
    defaultTabs={tabs}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled
  >
    <GraphiQL.Logo>ExpertBook</GraphiQL.Logo>
  </GraphiQL>,
);
