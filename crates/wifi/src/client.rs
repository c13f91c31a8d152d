//! A connection to one DTU, which runs one request at a time.
//!
//! Answers to older requests do arrive late, even those of another client's connection
//! (`protocol/wifi.md` 1.6), so an answer counts only when command and sequence are those of the
//! request; others are passed over. After a time-out or anything that cannot be read the connection is
//! gone: where the next frame begins is not known any more. It is also gone when a request is
//! cancelled half-way, because the stream is lent to the exchange and only returned in step.

use std::io;
use std::time::Duration;

use prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::crypt::{Key, NotOurs};
use crate::frame::{Command, Frame, FrameError, HEADER_LEN, Header, Route};
use crate::tolerant::{DecodeError, Shape, decode};

/// Frames that are no answer to the request, after which it is not waited for one any longer.
const MOST_STRANGERS: u32 = 8;

/// A client of the protocol on any stream.
#[derive(Debug)]
pub struct Client<S = TcpStream> {
    stream: Option<S>,
    key: Option<Key>,
    sequence: u16,
    patience: Duration,
    requests: u32,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The TCP connection was not accepted.
    #[error("no connection: {0}")]
    Connect(io::Error),
    /// Nothing accepted or refused the connection in time.
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    /// The request was sent and no whole answer came in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The device closed the connection.
    #[error("the connection was closed")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(io::Error),
    /// What came is no frame.
    #[error("what came is no frame: {0}")]
    Frame(#[from] FrameError),
    /// What came was not encrypted with our key.
    #[error("what came cannot be read: {0}")]
    NotOurs(#[from] NotOurs),
    /// What came is no message.
    #[error(transparent)]
    Message(#[from] DecodeError),
    /// Only answers to other requests came.
    #[error("only answers to other requests came")]
    Strangers,
}

impl Client<TcpStream> {
    /// Opens a connection. The sequence continues from `sequence`, which the first client of a run
    /// chooses at random: see [`crypt`](crate::crypt).
    ///
    /// # Errors
    /// [`ClientError::Connect`] or [`ClientError::ConnectTimeout`].
    pub async fn connect(
        host: &str,
        port: u16,
        patience: Duration,
        sequence: u16,
    ) -> Result<Self, ClientError> {
        let stream = timeout(patience, TcpStream::connect((host, port)))
            .await
            .map_err(|_| ClientError::ConnectTimeout(patience))?
            .map_err(ClientError::Connect)?;
        // A request is one small segment; waiting for more to send would only add latency.
        stream.set_nodelay(true).map_err(ClientError::Connect)?;
        Ok(Self::over(stream, patience, sequence))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// A client on a stream that is open.
    pub const fn over(stream: S, patience: Duration, sequence: u16) -> Self {
        Self { stream: Some(stream), key: None, sequence, patience, requests: 0 }
    }

    /// Encrypts from now on, or does not.
    pub fn encrypt(&mut self, key: Option<Key>) {
        self.key = key;
    }

    /// The sequence of the latest request.
    pub const fn sequence(&self) -> u16 {
        self.sequence
    }

    /// Requests so far.
    pub const fn requests(&self) -> u32 {
        self.requests
    }

    /// Whether the connection is still in step.
    pub const fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// Every [`ClientError`] but those of connecting; the connection is closed then.
    pub async fn ask<A: Message + Default + Shape>(
        &mut self,
        command: Command,
        request: &impl Message,
    ) -> Result<A, ClientError> {
        self.request(command, None, request).await
    }

    /// The same in an extended frame.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub async fn ask_through<A: Message + Default + Shape>(
        &mut self,
        route: Route,
        command: Command,
        request: &impl Message,
    ) -> Result<A, ClientError> {
        self.request(command, Some(route), request).await
    }

    async fn request<A: Message + Default + Shape>(
        &mut self,
        command: Command,
        route: Option<Route>,
        request: &impl Message,
    ) -> Result<A, ClientError> {
        let mut stream = self.stream.take().ok_or(ClientError::Closed)?;
        self.sequence = self.sequence.wrapping_add(1);
        self.requests += 1;
        let payload = request.encode_to_vec();
        let frame = Frame { route, ..Frame::plain(command, self.sequence, payload) };
        let exchanged = timeout(self.patience, exchange(&mut stream, frame, self.key.as_ref()));
        let answer = exchanged.await.unwrap_or(Err(ClientError::Timeout(self.patience)))?;
        let answer = decode(&answer.payload)?;
        self.stream = Some(stream);
        Ok(answer)
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: Frame,
    key: Option<&Key>,
) -> Result<Frame, ClientError> {
    let wanted = (request.command.answer(), request.sequence);
    let request = key.map_or(request.clone(), |key| key.seal(request));
    stream.write_all(&request.encode()).await.map_err(broken)?;
    for _ in 0..MOST_STRANGERS {
        let frame = receive(stream, key.is_some()).await.map_err(|error| match error {
            Receive::Io(error) => broken(error),
            Receive::Frame(error) => error.into(),
        })?;
        if (frame.command, frame.sequence) == wanted {
            return Ok(key.map_or(Ok(frame.clone()), |key| key.open(frame))?);
        }
    }
    Err(ClientError::Strangers)
}

/// Why no frame was received.
#[derive(Debug)]
pub(crate) enum Receive {
    Io(io::Error),
    Frame(FrameError),
}

/// Reads one frame, however it is cut into segments.
pub(crate) async fn receive<S: AsyncRead + Unpin>(
    stream: &mut S,
    sealing: bool,
) -> Result<Frame, Receive> {
    let mut header = [0; HEADER_LEN];
    stream.read_exact(&mut header).await.map_err(Receive::Io)?;
    let header = Header::decode(header).map_err(Receive::Frame)?;
    let mut rest = vec![0; header.rest_len() + header.tag_len(sealing)];
    stream.read_exact(&mut rest).await.map_err(Receive::Io)?;
    Frame::decode(header, &rest).map_err(Receive::Frame)
}

fn broken(error: io::Error) -> ClientError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => ClientError::Closed,
        _ => ClientError::Io(error),
    }
}
