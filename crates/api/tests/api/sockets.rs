//! Real connections, and how they end.

use std::time::Duration;

use api::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::world::{Mood, World};

const GET_READY: &[u8] = b"GET /ready HTTP/1.1\r\nhost: bridge\r\n\r\n";

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn start(world: &World) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(serve(listener, world.router(), async {
        stopped.await.unwrap();
    }));
    Server { address, stop, ended }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Stops it, and tells how long that took by tokio's clock.
    async fn stop(self) -> Duration {
        // Whatever it waits for from now on takes no time to test.
        tokio::time::pause();
        let asked = Instant::now();
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
        asked.elapsed()
    }
}

async fn ask(client: &mut TcpStream, request: &[u8]) -> String {
    client.write_all(request).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = client.read(&mut answer).await.unwrap();
    String::from_utf8(answer[..length].to_vec()).unwrap()
}

async fn is_closed(client: &mut TcpStream) -> bool {
    matches!(client.read(&mut [0; 64]).await, Ok(0) | Err(_))
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_shutdown() {
    let server = start(&World::new()).await;
    let mut idle = server.connect().await;
    let answer = ask(&mut idle, GET_READY).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nOK"), "{answer}");
    let again = ask(&mut idle, GET_READY).await;
    assert!(again.ends_with("\r\n\r\nOK"), "the connection is kept: {again}");

    let address = server.address;
    assert_eq!(server.stop().await, Duration::ZERO);
    assert!(is_closed(&mut idle).await);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_stuck_client_is_cut_after_two_seconds() {
    let world = World::new();
    let server = start(&world).await;
    let mut half = server.connect().await;
    half.write_all(b"GET /ready HT").await.unwrap();
    world.store().become_(Mood::Hanging);
    let mut waiting = server.connect().await;
    waiting.write_all(b"GET /stats HTTP/1.1\r\nhost: bridge\r\n\r\n").await.unwrap();
    // Once a later client is answered, the server has seen what these two sent.
    let mut prompt = server.connect().await;
    assert!(ask(&mut prompt, GET_READY).await.ends_with("OK"), "they delay nobody");

    let took = server.stop().await;
    assert!((Duration::from_secs(2)..Duration::from_millis(2100)).contains(&took), "{took:?}");
    assert!(is_closed(&mut half).await && is_closed(&mut waiting).await);
}

#[tokio::test]
async fn a_client_that_never_asks_is_let_go() {
    let server = start(&World::new()).await;
    let mut silent = server.connect().await;
    assert!(ask(&mut server.connect().await, GET_READY).await.ends_with("OK"));
    tokio::time::pause();
    let since = Instant::now();
    assert!(is_closed(&mut silent).await);
    assert!(since.elapsed() <= Duration::from_secs(31), "{:?}", since.elapsed());
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let server = start(&World::new()).await;
    let mut client = server.connect().await;
    let request = b"HEAD /nope HTTP/1.1\r\nhost: bridge\r\nconnection: close\r\n\r\n";
    client.write_all(request).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}
