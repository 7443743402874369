import "@fontsource-variable/bricolage-grotesque/wght.css";
import "@fontsource-variable/figtree/wght.css";
import "./app/app.css";

import { ApolloProvider } from "@apollo/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { client } from "./api/client.ts";
import { App, preloadPage } from "./app/App.tsx";
import { PageRouter } from "./app/PageRouter.tsx";
import { boundViewTransitions } from "./app/pageTransition.ts";
import { ViewerProvider } from "./session/Viewer.tsx";
import { TextProvider } from "./text/text.tsx";

function start(): void {
  boundViewTransitions();
  // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- index.html has it
  createRoot(document.getElementById("app")!, {
    // A view transition that was cut short is not an error: the new page is shown without the
    // transition.
    onRecoverableError: (error) => {
      const isEnded = error instanceof DOMException && /^(Timeout|Abort)Error$/.test(error.name);
      if (!isEnded) reportError(error);
    },
  }).render(
    <StrictMode>
      <ApolloProvider client={client}>
        <TextProvider>
          <PageRouter>
            <ViewerProvider>
              <App />
            </ViewerProvider>
          </PageRouter>
        </TextProvider>
      </ApolloProvider>
    </StrictMode>,
  );
}

// Keep the content that came with the page until the client can replace it without a gap.
void preloadPage(window.location.pathname)
  .catch(() => undefined)
  .then(start);
