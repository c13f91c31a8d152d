import { computed } from 'vue'
import { live } from './live'

/**
 * Whether the bridge lets this browser change anything: with its token, or through Home Assistant,
 * which has asked who is there.
 */
export const mayChange = computed(() => live.info?.capabilities.includes('write') ?? false)
