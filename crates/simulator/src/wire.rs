//! The DTU's side of a socket.
//!
//! Conversations are [`modbus::server`]'s. What is done here is accepting them: a device may take
//! one client only, and it can be switched off, so that the operating system refuses connections
//! while the port stays reserved for the device.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use modbus::server::converse;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::device::Device;

/// Connections that may wait for the device to take them.
const BACKLOG: u32 = 128;

/// The device's power switch. The sender of a switch hears when it has taken effect.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) on: bool,
    pub(crate) done: oneshot::Sender<()>,
}

/// Serves a device until the future is dropped or the switch is gone; connections end with it.
pub(crate) async fn serve(
    listener: TcpListener,
    device: Arc<Device>,
    mut switches: mpsc::UnboundedReceiver<Switch>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut plugged = Plugged::On(listener);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            switch = switches.recv() => {
                let Some(Switch { on, done }) = switch else { return Ok(()) };
                if !on {
                    connections.shutdown().await;
                }
                plugged = plugged.turned(on, address)?;
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
            }
            stream = plugged.accept() => {
                let stream = stream?;
                while connections.try_join_next().is_some() {}
                if let Some(guest) = device.admit() {
                    let device = Arc::clone(&device);
                    connections.spawn(async move {
                        if let Err(error) = converse(stream, &*device).await {
                            tracing::debug!(%error, "a client is gone");
                        }
                        drop(guest);
                    });
                }
            }
        }
    }
}

/// The listening port with power on or off.
enum Plugged {
    On(TcpListener),
    /// Bound and not listening: connections are refused, and nobody else gets the port.
    Off(TcpSocket),
}

impl Plugged {
    fn turned(self, on: bool, address: SocketAddr) -> io::Result<Self> {
        match (self, on) {
            (Self::On(listener), false) => {
                // Two sockets cannot hold the port at once.
                drop(listener);
                Ok(Self::Off(reserve(address)?))
            }
            (Self::Off(socket), true) => Ok(Self::On(socket.listen(BACKLOG)?)),
            (unchanged, _) => Ok(unchanged),
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        match self {
            Self::On(listener) => Ok(listener.accept().await?.0),
            Self::Off(_) => std::future::pending().await,
        }
    }
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections that were just closed still linger on the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
