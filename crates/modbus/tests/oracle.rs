//! tokio-modbus is the oracle: its client reads our server, our client reads its server.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use modbus::frame::FrameError;
use modbus::server::{Reply, Service};
use modbus::{Client, ClientError, Function, Request};
use tokio::net::TcpListener;
use tokio_modbus::prelude::{ExceptionCode, Reader, SlaveContext};
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};

/// A register's content tells its address and function, so that a mix-up shows.
fn register(function: Function, address: u16) -> u16 {
    address.wrapping_mul(3) ^ u16::from(function.code())
}

struct Registers;

impl Service for Registers {
    async fn reply(&self, request: Request) -> Reply {
        if request.address == 0xffff {
            return Reply::Send(request.encode_exception(2));
        }
        let data: Vec<u8> = (0..request.count)
            .flat_map(|n| register(request.function, request.address + n).to_be_bytes())
            .collect();
        Reply::Send(request.encode_answer(&data))
    }
}

#[tokio::test]
async fn their_client_reads_our_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(modbus::server::serve(listener, Arc::new(Registers)));

    let mut client = tokio_modbus::client::tcp::connect(address).await.unwrap();
    client.set_slave(tokio_modbus::Slave(7));
    for count in [1, 20, 125] {
        let holding = client.read_holding_registers(0x1000, count).await.unwrap().unwrap();
        let expected: Vec<u16> =
            (0..count).map(|n| register(Function::ReadHolding, 0x1000 + n)).collect();
        assert_eq!(holding, expected);
    }
    let input = client.read_input_registers(0x38e0, 2).await.unwrap().unwrap();
    assert_eq!(input[1], register(Function::ReadInput, 0x38e1));
    let refused = client.read_holding_registers(0xffff, 1).await.unwrap();
    assert_eq!(refused, Err(ExceptionCode::IllegalDataAddress));
    let coils = client.read_coils(0, 1).await.unwrap();
    assert_eq!(coils, Err(ExceptionCode::IllegalFunction));
    server.abort();
}

struct Theirs;

impl tokio_modbus::server::Service for Theirs {
    type Request = tokio_modbus::Request<'static>;
    type Response = tokio_modbus::Response;
    type Exception = ExceptionCode;
    type Future = future::Ready<Result<Self::Response, Self::Exception>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        use tokio_modbus::{Request as R, Response};
        let registers = |function, address, count| {
            (0..count).map(|n| register(function, address + n)).collect::<Vec<u16>>()
        };
        future::ready(match request {
            R::ReadHoldingRegisters(address, count) => {
                Ok(Response::ReadHoldingRegisters(registers(Function::ReadHolding, address, count)))
            }
            R::ReadInputRegisters(0, _) => Err(ExceptionCode::IllegalDataAddress),
            R::ReadInputRegisters(address, count) => {
                Ok(Response::ReadInputRegisters(registers(Function::ReadInput, address, count)))
            }
            _ => Err(ExceptionCode::IllegalFunction),
        })
    }
}

#[tokio::test]
async fn our_client_reads_their_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let accept = |stream, socket: SocketAddr| async move {
            accept_tcp_connection(stream, socket, |_| Ok::<_, io::Error>(Some(Theirs)))
        };
        Server::new(listener).serve(&accept, |error| panic!("{error}")).await
    });

    let mut client =
        Client::connect("127.0.0.1", address.port(), 7, Duration::from_secs(5)).await.unwrap();
    for (function, address, count) in
        [(Function::ReadHolding, 0x1000, 125), (Function::ReadInput, 0x38e0, 46)]
    {
        let answer = client.read(function, address, count).await.unwrap();
        let expected: Vec<u8> =
            (0..count).flat_map(|n| register(function, address + n).to_be_bytes()).collect();
        assert_eq!((answer.data, answer.repaired), (expected, false));
    }
    let refused = client.read(Function::ReadInput, 0, 1).await.unwrap_err();
    assert!(matches!(refused, ClientError::Frame(FrameError::Exception { code: 2 })));
    assert!(client.is_open(), "an exception is an answer: the connection stays in step");
    server.abort();
}
