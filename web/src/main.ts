import { createApp } from 'vue'
import App from './App.vue'
import { firstLanguage, i18n, setLanguage } from './i18n'
import { start } from './live'
import { router } from './router'
import './preferences'
import './styles/tokens.css'
import './styles/base.css'

start()
// Before the first paint: a page must not change its language under the reader's eyes.
await setLanguage(firstLanguage())
createApp(App).use(i18n).use(router).mount('#app')
