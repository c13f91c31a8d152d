import { computed } from 'vue'
import type { useI18n } from 'vue-i18n'
import { say } from './i18n'
import { live, panels } from './live'
import { panelKey, panelLabel } from './plant/panels'

type Translate = ReturnType<typeof useI18n>['t']

/** Inverters are numbered in the order of their serials, which never changes while none is added. */
const numbers = computed(
  () =>
    new Map(
      live.inverters.filter((each) => !each.retired).map((each, i) => [each.serial_number, i + 1]),
    ),
)

export function inverterName(serial: string | null, t: Translate): string {
  if (serial === null) return t('plant')
  const number = numbers.value.get(serial)
  return number === undefined ? serial : t('inverter', { n: number })
}

/** The same where there is little room. */
export function inverterShort(serial: string, t: Translate): string {
  const number = numbers.value.get(serial)
  return number === undefined ? serial.slice(-4) : t('inverterShort', { n: number })
}

export function panelName(serial: string | null, port: number | null, t: Translate): string {
  if (serial === null || port === null) return inverterName(serial, t)
  const panel = panels.value.find((each) => each.key === panelKey(serial, port))
  return panel ? t('panel', { label: panelLabel(panel) }) : `${serial}/${port}`
}

/** Why something is missing, and of whom: "The gateway did not answer (barn): nothing answers at …". */
export function gapName(cause: string, dtu: string | null, text: string | null | undefined, t: Translate): string {
  const name = t(`cause.${cause}`) + (dtu ? ` (${dtu})` : '')
  return text ? `${name}: ${say(text)}` : name
}
