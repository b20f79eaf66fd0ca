import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { format } from './format.ts'

export interface ChartProps {
  readonly title: string
  readonly times: readonly number[]
  readonly values: readonly number[]
  readonly kind: 'bars' | 'line'
  readonly show: (value: number) => string
  /** A dashed line that the values should stay below. */
  readonly limit?: number | undefined
  /** What the chart says, in a sentence. */
  readonly says?: string | undefined
}

const HEIGHT = 170

/** Values over time: as a chart, and as a list for screen readers. */
export function Chart({ title, times, values, kind, show, limit, says }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const data = useRef<uPlot.AlignedData>([[], []])
  data.current = [times.map((at) => at / 1000), [...values], ...(limit === undefined ? [] : [times.map(() => limit)])]
  // The plot is created once; its data are set below
  useEffect(() => {
    const element = place.current!
    const make = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf({ kind, show, limit }, element), data.current, element)
    }
    make()
    const size = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }))
    size.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const theme = new MutationObserver(make)
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    scheme.addEventListener('change', make)
    return () => {
      size.disconnect()
      theme.disconnect()
      scheme.removeEventListener('change', make)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [])
  const text = `${times.length} ${times.at(-1)} ${values.reduce((sum, value) => sum + value, 0)} ${limit}`
  // The text stands for the data
  useEffect(() => plot.current?.setData(data.current), [text])
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      {says !== undefined && <p class="soft">{says}</p>}
      <div ref={place} class="plot" aria-hidden="true" />
      <details>
        <summary>As figures</summary>
        <ul class="figures">
          {times
            .map((at, index) => (
              <li key={`${at} ${index}`}>
                <time dateTime={new Date(at).toISOString()}>{format.instant(at)}</time>{' '}
                <span>{show(values[index]!)}</span>
              </li>
            ))
            .reverse()}
        </ul>
      </details>
    </figure>
  )
}

function optionsOf(
  { kind, show, limit }: Pick<ChartProps, 'kind' | 'show' | 'limit'>,
  element: HTMLElement,
): uPlot.Options {
  const colour = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(element).fontFamily}`,
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [10, 8, 0, 0],
    scales: {
      // Half a step on each side, so that the first and last bar are fully visible.
      x: { time: true, range: (plot, least, most) => around(least, most, plot.data[0].length) },
      y: { range: (_, __, most) => [0, most <= 0 ? 1 : most * 1.1] },
    },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 84,
        size: 26,
        values: (_, ticks, __, ___, step) => ticks.map((at) => moment(at, step)),
      },
      { ...axis, size: 74, space: 34, values: (_, ticks) => ticks.map((tick) => show(tick)) },
    ],
    series: [
      {},
      kind === 'bars'
        ? { fill: colour('--tide'), width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.7, 26] }) }
        : { stroke: colour('--tide'), fill: colour('--tide-soft'), width: 2, points: { show: false } },
      ...(limit === undefined ? [] : [{ stroke: colour('--warn'), width: 1, dash: [6, 4], points: { show: false } }]),
    ],
  }
}

function around(least: number, most: number, count: number): [number, number] {
  const half = count < 2 ? 60 : (most - least) / (count - 1) / 2
  return [least - half, most + half]
}

/** A label on the time axis: the day if a step is a day or more, else the time of day, with the day at midnight. */
function moment(seconds: number, step: number): string {
  const text = format.instant(seconds * 1000)
  const [day, time] = [text.slice(0, 10), text.slice(11, 16)]
  return step >= 86_400 || time === '00:00' ? day : time
}
