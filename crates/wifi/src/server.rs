//! A server for a [`Service`] that decides each answer, down to its bytes.
//!
//! It serves the simulator, so a service can misbehave the way real DTUs do: it may send bytes that are
//! no answer, in pieces, say nothing, or hang up. [`serve`] is the plain way to run it; a device that
//! has one client at a time or sleeps at night accepts by itself and calls [`converse`].
//!
//! The service tells for each frame whether it encrypts by then. A client that does not, or does with
//! another key, fares as with a real DTU: its frames are no frames, or cannot be read.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::client::{Receive, receive};
use crate::crypt::{Key, NotOurs};
use crate::frame::{Command, Frame, Route};
use crate::tolerant::{DecodeError, Shape, decode};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it is about.
    pub command: Command,
    /// What the answer has to repeat.
    pub sequence: u16,
    /// In extended frames.
    pub route: Option<Route>,
    /// In clear; an error when it was not encrypted with the key.
    pub payload: Result<Vec<u8>, NotOurs>,
}

impl Request {
    /// What was asked; with a wrong key, nothing that makes sense.
    ///
    /// # Errors
    /// [`DecodeError`] when it cannot be read.
    pub fn message<M: Message + Default + Shape>(&self) -> Result<M, DecodeError> {
        decode(self.payload.as_deref().map_err(|_| DecodeError)?)
    }

    /// The bytes of an honest answer, encrypted if there is a key and the command is one for it.
    pub fn answer(&self, message: &impl Message, key: Option<&Key>) -> Vec<u8> {
        let frame = Frame {
            route: self.route,
            ..Frame::plain(self.command.answer(), self.sequence, message.encode_to_vec())
        };
        key.map_or(frame.clone(), |key| key.seal(frame)).encode()
    }
}

/// What a server does about one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes in pieces of a size, with a pause before each.
    Pieces(Vec<u8>, usize, Duration),
    /// Sends these bytes, perhaps none, and hangs up.
    Last(Vec<u8>),
    /// Says nothing and waits for the next request.
    Silence,
}

/// What stands behind a server.
pub trait Service: Send + Sync + 'static {
    /// The key, if it encrypts by now.
    fn key(&self) -> Option<Key>;

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

/// Answers one client until it leaves, sends what is no frame, or is hung up on.
///
/// # Errors
/// When the connection breaks, an ordinary end included.
pub async fn converse<S: Service>(mut stream: TcpStream, service: &S) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let key = service.key();
        let frame = match receive(&mut stream, key.is_some()).await {
            Ok(frame) => frame,
            Err(Receive::Io(error)) => return Err(error),
            Err(Receive::Frame(_)) => return Ok(()),
        };
        let Frame { command, sequence, route, .. } = frame;
        let payload = key.map_or(Ok(frame.clone()), |key| key.open(frame));
        let payload = payload.map(|frame| frame.payload);
        match service.reply(Request { command, sequence, route, payload }).await {
            Reply::Send(bytes) => stream.write_all(&bytes).await?,
            Reply::Pieces(bytes, size, pause) => {
                for piece in bytes.chunks(size.max(1)) {
                    tokio::time::sleep(pause).await;
                    stream.write_all(piece).await?;
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
