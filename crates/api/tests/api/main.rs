//! The API through its front door: the router as the bridge builds it, or a real socket.

#![allow(clippy::unwrap_used, reason = "clippy knows test functions, but not what helps them")]

mod access;
mod arrange;
mod clock_changes;
mod devices;
mod energy;
mod events;
mod export;
#[cfg(feature = "parquet")]
mod export_parquet;
mod health;
mod history;
mod metrics;
mod openapi;
mod plant;
mod polling;
mod power;
mod problems;
mod python_clients;
mod routes;
mod sockets;
mod stream;
mod world;
