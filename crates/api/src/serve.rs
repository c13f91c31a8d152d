//! Connections, and their end.
//!
//! Each connection is a task of its own, so a client that stalls delays nobody. What a client can
//! hold is bounded: [`MAX_CONNECTIONS`] at a time, [`HEADER_PATIENCE`] for its next request. Once
//! shutdown is asked for, no connection is accepted, idle ones are closed, answers under way get
//! [`GRACE`] to finish, and what is left then is cut.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::util::MapRequest;

use crate::client::Client;

/// Many more than a home has clients, and few enough for a Raspberry Pi's file limit of 1024.
const MAX_CONNECTIONS: usize = 512;

/// How long a connection may stay without a complete request. Longer than the 15 s at which
/// Prometheus and probes often ask, so that their connections live on.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);

/// Answers take milliseconds. Docker kills ten seconds after it asked, and the outbox wants most.
const GRACE: Duration = Duration::from_secs(2);

/// Out of file descriptors is the usual cause; trying again at once would only burn a core.
const PAUSE_AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(200);

/// Answers on `listener` until `shutdown` resolves. When it returns, no connection is left.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (close, closing) = watch::channel(());
    let mut connections = JoinSet::new();

    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &seats) => accepted,
        };
        match accepted {
            Ok((stream, client, seat)) => {
                let (router, closing) = (router.clone(), closing.clone());
                connections.spawn(async move {
                    connection(stream, client, router, closing).await;
                    drop(seat);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(PAUSE_AFTER_FAILED_ACCEPT).await;
            }
        }
    }

    drop(listener);
    drop(close);
    let drained = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, drained).await.is_err() {
        tracing::info!(cut = connections.len(), "connections did not end in time");
        connections.shutdown().await;
    }
}

/// The next client, once there is a seat for it. Cancelling loses neither.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Client, OwnedSemaphorePermit)> {
    let seat = Arc::clone(seats).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, address) = listener.accept().await?;
    // Answers are written whole: there is nothing for Nagle's algorithm to collect. This fails only
    // for a client that is gone already, which its connection will notice.
    let _ = stream.set_nodelay(true);
    Ok((stream, Client(address.ip()), seat))
}

async fn connection(
    stream: TcpStream,
    client: Client,
    router: Router,
    mut closing: watch::Receiver<()>,
) {
    let service = MapRequest::new(router, move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(client);
        request
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        _ = closing.changed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
