// Runs before the page is drawn, so that a chosen theme does not flash.
try {
  const theme = localStorage.getItem('tidemark-theme')
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset['theme'] = theme
} catch {
  // No storage, no choice: the system's theme.
}
