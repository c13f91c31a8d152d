import { createRouter, createWebHistory } from 'vue-router'
import { base } from './api/base'
import Now from './screens/Now.vue'

/** The screens in the order of the navigation. Each is one path segment deep: see api/base.ts. */
export const SCREENS = ['now', 'panels', 'history', 'compare', 'events', 'system'] as const
export type Screen = (typeof SCREENS)[number]

export const router = createRouter({
  history: createWebHistory(base),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? {} : { top: 0 }),
  routes: [
    { path: '/', name: 'now', component: Now },
    { path: '/panels', name: 'panels', component: () => import('./screens/Panels.vue') },
    { path: '/history', name: 'history', component: () => import('./screens/History.vue') },
    { path: '/compare', name: 'compare', component: () => import('./screens/Compare.vue') },
    { path: '/events', name: 'events', component: () => import('./screens/Events.vue') },
    { path: '/system', name: 'system', component: () => import('./screens/System.vue') },
    {
      path: '/kiosk',
      name: 'kiosk',
      component: () => import('./screens/Kiosk.vue'),
      meta: { bare: true },
    },
    { path: '/:nothing(.*)*', name: 'nothing', component: () => import('./screens/Nothing.vue') },
  ],
})
