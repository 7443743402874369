import { type ComponentType, lazy, useState } from "react";

interface PageModule {
  readonly default: ComponentType;
}

/** Error for a page whose JavaScript module could not be loaded. */
export class PageNotLoaded extends Error {}

/** A page whose JavaScript is loaded when the page is first shown, or earlier by `preload`. */
export type Page = ComponentType & { readonly preload: () => Promise<void> };

/**
 * Return a page that is loaded lazily.
 *
 * Once the page's module has been loaded, the page renders at once, without a placeholder.
 * Rendering throws PageNotLoaded if loading fails.
 */
export function page(load: () => Promise<PageModule>): Page {
  let loaded: ComponentType | undefined;
  const Lazy = lazy(async () => {
    const module = await load().catch((cause: unknown) => {
      throw new PageNotLoaded("The code of a page could not be loaded", { cause });
    });
    loaded = module.default;
    return module;
  });
  function Page() {
    // Keep using `Lazy` after loading, because replacing the component would lose the page's state.
    const [Content] = useState(() => loaded ?? Lazy);
    return <Content />;
  }
  return Object.assign(Page, {
    async preload() {
      loaded = (await load()).default;
    },
  });
}
