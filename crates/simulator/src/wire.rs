//! A simulated device's side of a socket.
//!
//! What is done here is accepting clients: a device may take one only, and it can be switched off, so
//! that the operating system refuses connections while the port stays reserved for the device. The
//! conversations are those of `modbus::server` and `wifi::server`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// What answers on a port.
pub(crate) trait Endpoint: Send + Sync + 'static {
    /// A client that was let in, until it is dropped.
    type Guest: Send + 'static;

    /// Lets a client in, or hangs up on it.
    fn admit(self: &Arc<Self>) -> Option<Self::Guest>;

    /// Talks with a client until it is gone.
    fn attend(
        self: Arc<Self>,
        stream: TcpStream,
        guest: Self::Guest,
    ) -> impl Future<Output = ()> + Send;
}

/// An open port with a device behind it. It is closed when this is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) address: SocketAddr,
    switch: mpsc::UnboundedSender<Switch>,
    handle: JoinHandle<io::Result<()>>,
}

impl Socket {
    /// Serves from now on.
    pub(crate) fn open<E: Endpoint>(listener: TcpListener, endpoint: Arc<E>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (switch, switches) = mpsc::unbounded_channel();
        let handle = tokio::spawn(serve(listener, endpoint, switches));
        Ok(Self { address, switch, handle })
    }

    /// Turns the power on or off. Returns when that has taken effect.
    ///
    /// # Panics
    /// When the port was lost to another program.
    pub(crate) async fn turn(&self, on: bool) {
        let (done, effect) = oneshot::channel();
        let reached = self.switch.send(Switch { on, done }).is_ok();
        assert!(reached && effect.await.is_ok(), "the simulated DTU lost its port");
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

/// An instant, at the start of its period: what a device shows that samples so often. Zero is
/// always current.
pub(crate) fn at_start_of(now: Timestamp, period: Duration) -> Timestamp {
    let period_ns = i128::try_from(period.as_nanos()).unwrap_or(i128::MAX);
    if period_ns == 0 {
        return now;
    }
    let since = now.as_nanosecond().rem_euclid(period_ns);
    Timestamp::from_nanosecond(now.as_nanosecond() - since).unwrap_or(now)
}

/// Connections that may wait for the device to take them.
const BACKLOG: u32 = 128;

/// The device's power switch. The sender of a switch hears when it has taken effect.
#[derive(Debug)]
struct Switch {
    on: bool,
    done: oneshot::Sender<()>,
}

/// Serves until the future is dropped or the switch is gone; connections end with it.
async fn serve<E: Endpoint>(
    listener: TcpListener,
    endpoint: Arc<E>,
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
                if let Some(guest) = endpoint.admit() {
                    connections.spawn(Arc::clone(&endpoint).attend(stream, guest));
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
