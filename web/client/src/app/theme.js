// Applies the theme chosen on this device before the page is painted; see src/ui/theme.ts.
try {
  const theme = localStorage.getItem("expertbook.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is denied: the system's theme applies.
}
