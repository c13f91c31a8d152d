//! A Modbus TCP server for a [`Service`] that decides each answer, down to its bytes.
//!
//! It serves the simulator, so a service can misbehave the way real DTUs do: it may send bytes
//! that are no answer, send them slowly, say nothing, or hang up. [`serve`] is the plain way to run it;
//! a device that counts its clients or can be switched off accepts by itself and calls
//! [`converse`].

use std::io;
use std::sync::Arc;
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
    /// Sends these bytes, perhaps none, and hangs up.
    Last(Vec<u8>),
    /// Says nothing and waits for the next request.
    Silence,
}

/// What stands behind a server.
pub trait Service: Send + Sync + 'static {
    /// Decides the reply; it may take its time.
    fn reply(&self, request: Request) -> impl Future<Output = Reply> + Send;
}

/// Serves until the future is dropped; the connections end with it.
///
/// # Errors
/// When the listener itself fails. A broken connection only ends that connection.
pub async fn serve<S: Service>(listener: TcpListener, service: Arc<S>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        let service = Arc::clone(&service);
        connections.spawn(async move { converse(stream, &*service).await });
    }
}

/// Answers one client until it leaves, sends what is no Modbus, or is hung up on.
///
/// # Errors
/// When the connection breaks, an ordinary end included.
pub async fn converse<S: Service>(mut stream: TcpStream, service: &S) -> io::Result<()> {
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
            Reply::Last(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Reply::Silence => {}
        }
    }
}

/// The exception for a request that does not read registers.
fn refusal(prefix: Prefix, body: &[u8]) -> Vec<u8> {
    let [t0, t1] = prefix.transaction.to_be_bytes();
    vec![t0, t1, 0, 0, 0, 3, body[0], body[1] | 0x80, ILLEGAL_FUNCTION]
}
