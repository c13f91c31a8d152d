//! Connections, and their end.
//!
//! Each connection is a task of its own, so a client that stalls delays nobody. What a client can
//! hold is bounded:
//!
//! | what | bound |
//! |---|---|
//! | connections | [`MOST_CONNECTIONS`], of one address [`MOST_OF_AN_ADDRESS`]; idle ones go first (`crowd`) |
//! | time for a whole request head, from the end of the answer before | [`HEADER_PATIENCE`] |
//! | size of a request head | [`MOST_HEAD_BYTES`] |
//! | time in which it takes nothing of an answer | [`WRITE_PATIENCE`] |
//! | time after which the network has lost it | [`LOST_AFTER`] |
//!
//! Requests that a client sends without waiting for answers are answered one after the other; those
//! that follow stay unread meanwhile.
//!
//! Once shutdown is asked for, no connection is accepted, idle ones are closed, answers under way get
//! [`GRACE`] to finish, and what is left then is cut.

mod crowd;
mod patient;

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use self::crowd::{Busy, Crowd, Place};
use self::patient::Patient;
use crate::client::Client;

/// Many more than a home has clients, and few enough for a Raspberry Pi's file limit of 1024.
const MOST_CONNECTIONS: usize = 512;

/// All clients behind a proxy share its address, so one address may have many.
const MOST_OF_AN_ADDRESS: usize = 256;

/// How long a connection may stay without a complete request. Longer than the 15 s at which
/// Prometheus and probes often ask, so that their connections live on.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);

/// More than any browser or proxy sends.
const MOST_HEAD_BYTES: usize = 32 * 1024;

/// Longer than a phone needs to find its network again.
const WRITE_PATIENCE: Duration = Duration::from_secs(20);

/// When nobody at the other end acknowledges anything: the power is off, or the cable.
const LOST_AFTER: Duration = Duration::from_secs(60);

/// Answers take milliseconds. Docker kills ten seconds after it asked, and the outbox wants most.
const GRACE: Duration = Duration::from_secs(2);

/// Out of file descriptors is the usual cause; trying again at once would only burn a core.
const PAUSE_AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(200);

/// Answers on `listener` until `shutdown` resolves. When it returns, no connection is left.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    let crowd = Arc::new(Crowd::new(MOST_CONNECTIONS, MOST_OF_AN_ADDRESS));
    let (close, closing) = watch::channel(());
    let mut connections = JoinSet::new();

    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let client = Client(address.ip());
                // Everyone here is being answered: closing says so sooner than silence.
                let Some(place) = crowd.admit(client.address()) else { continue };
                prepare(&stream);
                connections.spawn(connection(
                    stream,
                    client,
                    place,
                    router.clone(),
                    closing.clone(),
                ));
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

/// Each of these fails only for a client that is gone already, which its connection will notice.
fn prepare(stream: &TcpStream) {
    // Answers are written whole: there is nothing for Nagle's algorithm to collect.
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(LOST_AFTER / 2));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(LOST_AFTER));
}

async fn connection(
    stream: TcpStream,
    client: Client,
    place: Place,
    router: Router,
    mut closing: watch::Receiver<()>,
) {
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(client);
        let busy = place.busy();
        let answered = router.clone().oneshot(request);
        async move {
            let response = answered.await?;
            Ok::<_, Infallible>(response.map(|body| Answer { body, _busy: busy }))
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(MOST_HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream, WRITE_PATIENCE)), service);
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = place.sent_away() => return,
        _ = closing.changed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The body of an answer. The connection is busy until all of it is sent.
struct Answer {
    body: Body,
    _busy: Busy,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
