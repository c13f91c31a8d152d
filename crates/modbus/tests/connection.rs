//! What a connection does when the device does not answer as it should.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use modbus::server::{Reply, Service};
use modbus::{Client, ClientError, Function, Request};
use tokio::net::TcpListener;

/// Replies with what the test says, once each, then honestly.
struct Script(Mutex<Vec<Step>>);

type Step = fn(&Request) -> Reply;

impl Service for Script {
    async fn reply(&self, request: Request) -> Reply {
        let next = self.0.lock().unwrap().pop();
        next.map_or_else(|| honest(&request), |reply| reply(&request))
    }
}

fn honest(request: &Request) -> Reply {
    Reply::Send(request.encode_answer(&vec![7; 2 * usize::from(request.count)]))
}

async fn device(script: Vec<Step>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(modbus::server::serve(listener, Arc::new(Script(Mutex::new(script)))));
    port
}

async fn first_read(reply: Step, patience: Duration) -> (ClientError, bool) {
    let port = device(vec![reply]).await;
    let mut client = Client::connect("127.0.0.1", port, 1, patience).await.unwrap();
    let error = client.read(Function::ReadHolding, 0x1000, 20).await.unwrap_err();
    (error, client.is_open())
}

const PATIENT: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn silence_drops_the_connection() {
    let (error, open) = first_read(|_| Reply::Silence, SHORT).await;
    assert!(matches!(error, ClientError::Timeout(_)) && !open, "{error}");
}

#[tokio::test]
async fn a_trickle_is_no_answer() {
    let trickle = |request: &Request| {
        Reply::Trickle(request.encode_answer(&[0; 40]), Duration::from_millis(20))
    };
    let (error, open) = first_read(trickle, SHORT).await;
    assert!(matches!(error, ClientError::Timeout(_)) && !open, "{error}");
}

#[tokio::test]
async fn hanging_up_is_said_as_such() {
    let (error, open) = first_read(|_| Reply::Last(Vec::new()), PATIENT).await;
    assert!(matches!(error, ClientError::Closed) && !open, "{error}");
}

#[tokio::test]
async fn a_wrong_transaction_drops_the_connection() {
    let late = |request: &Request| {
        honest(&Request { transaction: request.transaction.wrapping_sub(1), ..*request })
    };
    let (error, open) = first_read(late, PATIENT).await;
    assert!(matches!(error, ClientError::Frame(_)) && !open, "{error}");
}

#[tokio::test]
async fn garbage_is_an_error_and_no_panic() {
    let (error, open) = first_read(|_| Reply::Send(vec![0xa5; 64]), PATIENT).await;
    assert!(matches!(error, ClientError::Frame(_)) && !open, "{error}");
}

#[tokio::test]
async fn a_wrong_byte_count_is_repaired_and_counted() {
    let lie = |request: &Request| {
        let mut frame = request.encode_answer(&[7; 40]);
        frame[8] = 0xff;
        Reply::Send(frame)
    };
    let port = device(vec![lie]).await;
    let mut client = Client::connect("127.0.0.1", port, 1, PATIENT).await.unwrap();
    let lied = client.read(Function::ReadHolding, 0x1000, 20).await.unwrap();
    let honest = client.read(Function::ReadHolding, 0x1000, 20).await.unwrap();
    assert_eq!(lied.data, honest.data);
    assert_eq!((lied.repaired, honest.repaired, client.repaired()), (true, false, 1));
}
