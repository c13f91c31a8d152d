//! A Modbus TCP server for a [`Service`] that decides each answer, down to its bytes.
//!
//! It serves the simulator, so a service can misbehave the way real DTUs do: it may send bytes
//! that are no answer, send them slowly, say nothing, or hang up.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::frame::{PREFIX_LEN, Prefix, Request};

/// Exception code 1, the only one that DTUs are known to send.
pub const ILLEGAL_FUNCTION: u8 = 1;

/// What a server does about one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes one by one with a pause before each.
    Trickle(Vec<u8>, Duration),
    /// Says nothing and waits for the next request.
    Silence,
    /// Hangs up.
    Close,
}

/// What stands behind a server.
pub trait Service: Send + Sync + 'static {
    /// Whether one more client may connect while `others` are connected. A refused client is
    /// hung up on, as a DTU that serves one client does.
    fn admits(&self, others: usize) -> bool;

    /// Decides the reply; it may take its time.
    fn reply(&self, request: Request) -> impl Future<Output = Reply> + Send;
}

/// Serves until the future is dropped; the connections end with it.
///
/// # Errors
/// When the listener itself fails. A broken connection only ends that connection.
pub async fn serve<S: Service>(listener: TcpListener, service: Arc<S>) -> io::Result<()> {
    let clients = Arc::new(AtomicUsize::new(0));
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        let (service, clients) = (Arc::clone(&service), Arc::clone(&clients));
        if !service.admits(clients.fetch_add(1, Ordering::Relaxed)) {
            clients.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        connections.spawn(async move {
            if let Err(error) = converse(stream, &*service).await {
                tracing::debug!(%error, "a client is gone");
            }
            clients.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn converse<S: Service>(mut stream: TcpStream, service: &S) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let mut prefix = [0; PREFIX_LEN];
        stream.read_exact(&mut prefix).await?;
        let Ok(prefix) = Prefix::decode(prefix) else {
            return Ok(());
        };
        let mut body = vec![0; usize::from(prefix.length)];
        stream.read_exact(&mut body).await?;
        let reply = match Request::decode(prefix, &body) {
            Some(request) => service.reply(request).await,
            None => Reply::Send(refusal(prefix, &body)),
        };
        match reply {
            Reply::Send(bytes) => stream.write_all(&bytes).await?,
            Reply::Trickle(bytes, pause) => {
                for byte in bytes {
                    tokio::time::sleep(pause).await;
                    stream.write_all(&[byte]).await?;
                }
            }
            Reply::Silence => {}
            Reply::Close => return Ok(()),
        }
    }
}

/// The exception for a request that does not read registers.
fn refusal(prefix: Prefix, body: &[u8]) -> Vec<u8> {
    let [t0, t1] = prefix.transaction.to_be_bytes();
    vec![
        t0,
        t1,
        0,
        0,
        0,
        3,
        body[0],
        body[1] | 0x80,
        ILLEGAL_FUNCTION,
    ]
}
