//! A connection to one DTU, which runs one request at a time.
//!
//! After a time-out or an answer that is not to the point the connection is dropped: a late answer
//! would otherwise be taken for the answer to the next request. The stream is also gone when a
//! read is cancelled half-way, because it is lent to the exchange and only returned in step.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::frame::{Answer, FrameError, Function, PREFIX_LEN, Prefix, Request};

/// A Modbus TCP client.
#[derive(Debug)]
pub struct Client {
    stream: Option<TcpStream>,
    unit: u8,
    request_timeout: Duration,
    transaction: u16,
    repaired: u64,
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
    /// An answer that is an exception, empty, or no answer to the request at all.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl Client {
    /// Opens a connection. The unit is 1 on every DTU seen.
    ///
    /// # Errors
    /// [`ClientError::Connect`] or [`ClientError::ConnectTimeout`].
    pub async fn connect(
        host: &str,
        port: u16,
        unit: u8,
        request_timeout: Duration,
    ) -> Result<Self, ClientError> {
        let stream = timeout(request_timeout, TcpStream::connect((host, port)))
            .await
            .map_err(|_| ClientError::ConnectTimeout(request_timeout))?
            .map_err(ClientError::Connect)?;
        // A request is one small segment; waiting for more to send would only add latency.
        stream.set_nodelay(true).map_err(ClientError::Connect)?;
        Ok(Self { stream: Some(stream), unit, request_timeout, transaction: 0, repaired: 0 })
    }

    /// Whether the connection is still in step.
    pub const fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Answers so far whose byte count was wrong.
    pub const fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Reads `count` registers. The answer may be shorter than asked for.
    ///
    /// # Errors
    /// Every [`ClientError`]; the connection stays open only after an exception or an empty answer.
    pub async fn read(
        &mut self,
        function: Function,
        address: u16,
        count: u16,
    ) -> Result<Answer, ClientError> {
        let mut stream = self.stream.take().ok_or(ClientError::Closed)?;
        self.transaction = self.transaction.wrapping_add(1);
        let request =
            Request { transaction: self.transaction, unit: self.unit, function, address, count };
        let outcome = timeout(self.request_timeout, exchange(&mut stream, &request))
            .await
            .unwrap_or(Err(ClientError::Timeout(self.request_timeout)));
        match &outcome {
            Ok(answer) => {
                self.repaired += u64::from(answer.repaired);
                self.stream = Some(stream);
            }
            Err(ClientError::Frame(error)) if error.is_an_answer() => self.stream = Some(stream),
            Err(_) => {}
        }
        outcome
    }
}

async fn exchange(stream: &mut TcpStream, request: &Request) -> Result<Answer, ClientError> {
    stream.write_all(&request.encode()).await.map_err(broken)?;
    let mut prefix = [0; PREFIX_LEN];
    stream.read_exact(&mut prefix).await.map_err(broken)?;
    let prefix = Prefix::decode(prefix)?;
    let mut body = vec![0; usize::from(prefix.length)];
    stream.read_exact(&mut body).await.map_err(broken)?;
    Ok(request.answer(prefix, &body)?)
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
