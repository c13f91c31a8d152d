//! Shared worlds of the end-to-end tests.
