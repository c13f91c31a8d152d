//! A small HTTP load generator: connections that are kept open, each with one request under way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::report::median;

const HEAD_END: &[u8] = b"\r\n\r\n";

/// What a server made of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Requests per second.
    pub(crate) rate: f64,
    /// Half of them took no longer than this, ms.
    pub(crate) p50_ms: f64,
    /// All but one in a hundred took no longer than this, ms.
    pub(crate) p99_ms: f64,
}

/// Asks for a path once, on a connection of its own; returns the bytes of the answer's body.
pub(crate) async fn once(address: &str, path: &str) -> usize {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    exchange(&mut stream, &request(address, path), &mut answer).await;
    answer.len() - head_length(&answer).unwrap()
}

/// Asks for the paths in turn as fast as the answers come.
pub(crate) async fn run(
    address: &str,
    paths: &[String],
    connections: usize,
    time: Duration,
) -> Load {
    let requests: Arc<[String]> = paths.iter().map(|path| request(address, path)).collect();
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in 0..connections {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        // Each begins elsewhere, or all would ask for the same at the same time.
        let first = connection * requests.len() / connections;
        tasks.spawn(ask(stream, Arc::clone(&requests), first, start + time));
    }
    let took = tasks.join_all().await.concat();
    Load::of(took, start.elapsed())
}

/// Calls something as fast as it returns, one after the other; each call is told its turn.
pub(crate) async fn calls<F: Future>(time: Duration, call: impl Fn(usize) -> F) -> Load {
    let (start, mut took) = (Instant::now(), Vec::new());
    while start.elapsed() < time {
        let begun = Instant::now();
        call(took.len()).await;
        took.push(begun.elapsed());
    }
    Load::of(took, start.elapsed())
}

impl Load {
    /// What became of calls that took so long, all of them together this long.
    fn of(mut took: Vec<Duration>, all: Duration) -> Self {
        took.sort();
        let at = |share: f64| {
            let index = (took.len() as f64 * share) as usize;
            took[index.min(took.len() - 1)].as_secs_f64() * 1000.0
        };
        Self { rate: took.len() as f64 / all.as_secs_f64(), p50_ms: at(0.5), p99_ms: at(0.99) }
    }

    /// Each figure's median.
    pub(crate) fn middle(rounds: &[Self]) -> Self {
        Self {
            rate: median(rounds.iter().map(|round| round.rate)),
            p50_ms: median(rounds.iter().map(|round| round.p50_ms)),
            p99_ms: median(rounds.iter().map(|round| round.p99_ms)),
        }
    }
}

fn request(address: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n\r\n")
}

async fn ask(
    mut stream: TcpStream,
    requests: Arc<[String]>,
    first: usize,
    end: Instant,
) -> Vec<Duration> {
    let mut took = Vec::new();
    let mut answer = Vec::with_capacity(1 << 16);
    for request in requests.iter().cycle().skip(first) {
        let start = Instant::now();
        if start >= end {
            break;
        }
        exchange(&mut stream, request, &mut answer).await;
        took.push(start.elapsed());
    }
    took
}

/// One request and its whole answer.
async fn exchange(stream: &mut TcpStream, request: &str, answer: &mut Vec<u8>) {
    stream.write_all(request.as_bytes()).await.unwrap();
    answer.clear();
    let mut length = None;
    while length.is_none_or(|length| answer.len() < length) {
        let read = stream.read_buf(answer).await.unwrap();
        assert!(read > 0, "the server hung up");
        length = length.or_else(|| Some(head_length(answer)? + body_length(answer)));
    }
}

/// Bytes of the head, once all of it is there.
fn head_length(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(HEAD_END.len()).position(|window| window == HEAD_END)?;
    Some(end + HEAD_END.len())
}

/// Bytes of the body, by the head.
fn body_length(answer: &[u8]) -> usize {
    let head = str::from_utf8(&answer[..head_length(answer).unwrap()]).unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let (_, length) = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .expect("an answer of known length");
    length.trim().parse().unwrap()
}
