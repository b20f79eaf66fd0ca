/** What the colours of a coverage are. */
export function CoverageLegend() {
  return (
    <p class="legend">
      <span class="key covered" /> covered <span class="key part" /> of some partitions <span class="key gap" /> gap{' '}
      <span class="key coming" /> backfill still to come <span class="key reading" /> being read
    </p>
  )
}
