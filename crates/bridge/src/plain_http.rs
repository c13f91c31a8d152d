//! One request of HTTP/1.0 over a plain socket, answered before the connection closes.
//!
//! For the two places where the bridge itself asks somebody: the health check asks the bridge, and a
//! bridge that is an app asks its Supervisor. Less than any client library would bring along.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;

/// What is longer is no answer to anything that is asked here.
const MOST_BYTES: u64 = 1024 * 1024;

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends a request, head and body, and waits for the answer to it.
pub(crate) async fn ask(
    address: impl ToSocketAddrs,
    request: &str,
    patience: Duration,
) -> io::Result<Answer> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.take(MOST_BYTES).read_to_string(&mut answer).await?;
        read(&answer).ok_or_else(|| io::Error::other("what answers there does not speak HTTP"))
    };
    timeout(patience, asked)
        .await
        .unwrap_or_else(|_| Err(io::Error::other(format!("no answer within {patience:?}"))))
}

fn read(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut first_line = head.lines().next()?.split_whitespace();
    first_line.next().filter(|version| version.starts_with("HTTP/"))?;
    Some(Answer { status: first_line.next()?.parse().ok()?, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_from_something_else() {
        let answer = read("HTTP/1.0 503 Service Unavailable\r\nX: y\r\n\r\n{\"a\":\r\n\r\n1}");
        assert_eq!(answer, Some(Answer { status: 503, body: "{\"a\":\r\n\r\n1}".to_owned() }));
        for other in ["", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n"] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }
}
