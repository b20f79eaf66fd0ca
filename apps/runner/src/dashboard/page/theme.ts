// Runs before the page is drawn, so that a chosen theme or density does not flash.
try {
  const theme = localStorage.getItem('tidemark-theme')
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset['theme'] = theme
  if (localStorage.getItem('tidemark-dense') === 'yes') document.documentElement.dataset['dense'] = 'yes'
} catch {
  // No storage, no choice: the system's theme, and the usual density.
}
