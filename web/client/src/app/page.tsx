import { type ComponentType, lazy, useState } from "react";

interface PageModule {
  readonly default: ComponentType;
}

/** A page whose code is loaded when it is shown, or before. */
export type Page = ComponentType & { readonly preload: () => Promise<void> };

/**
 * Return a page that is loaded lazily.
 *
 * Once it has been loaded it renders at once, without a placeholder.
 */
export function page(load: () => Promise<PageModule>): Page {
  let loaded: ComponentType | undefined;
  const Lazy = lazy(async () => {
    const module = await load();
    loaded = module.default;
    return module;
  });
  function Page() {
    // Not another component when it has loaded, which would lose the page's state.
    const [Content] = useState(() => loaded ?? Lazy);
    return <Content />;
  }
  return Object.assign(Page, {
    async preload() {
      loaded = (await load()).default;
    },
  });
}
